import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ApiServiceConfig, type ServiceOutput } from "../../src/contract/agent.ts";
import { toErrorReport } from "../../src/contract/errors.ts";
import { startApi } from "./start.ts";

const output = (line: ServiceOutput) => process.stdout.write(`${JSON.stringify(line)}\n`);

try {
  const { values } = parseArgs({ options: { config: { type: "string", default: "-" } } });
  const file = values.config === "-" ? await text(process.stdin) : await readFile(values.config, "utf8");
  const api = await startApi(ApiServiceConfig.extend({ key: z.string().min(1) }).parse(JSON.parse(file)), output);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void api.close().then(() => process.exit(0)));
} catch (error) {
  output({ error: toErrorReport(error) });
  process.exitCode = 1;
}
