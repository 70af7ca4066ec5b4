import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { z } from "zod";
import { ApiServiceConfig } from "../../src/contract/agent.ts";
import { EndpointCheckRequest } from "../../src/contract/endpoint.ts";
import { MentorError, toErrorReport } from "../../src/contract/errors.ts";
import { MilvusCheckRequest } from "../../src/contract/milvus.ts";
import { outliveAgent, tellAgent } from "../http/to-agent.ts";
import { parsed } from "./answers.ts";
import { trustSystemCertificates } from "./certificates.ts";
import { checkEndpoints } from "./endpoint-check.ts";
import { serverOfKit } from "./kept-capabilities.ts";
import { checkMilvus } from "./milvus.ts";
import { startApi } from "./start.ts";

async function readConfig() {
  let config: unknown;
  try {
    const { values } = parseArgs({ options: { config: { type: "string" } } });
    if (values.config === undefined) throw new Error("--config is missing");
    config = JSON.parse(values.config === "-" ? await text(process.stdin) : await readFile(values.config, "utf8"));
  } catch (error) {
    throw new MentorError("input-invalid", "The mentor is started as: --config FILE, or --config - to read it from the standard input.", { cause: error });
  }
  return parsed(config, ApiServiceConfig.extend({ key: z.string().min(1) }));
}

/** Asks the endpoints from here, where the mentor will, and leaves. The keys come on the standard input and go nowhere. */
async function check(): Promise<void> {
  try {
    const request = parsed(JSON.parse(await text(process.stdin)), EndpointCheckRequest);
    trustSystemCertificates();
    process.stdout.write(`${JSON.stringify({ result: await checkEndpoints(request) })}\n`);
  } catch (error) {
    tellAgent({ error: toErrorReport(error) });
    process.exitCode = 1;
  }
}

/** Asks Milvus from here, where the mentor will, and leaves. */
async function checkStore(): Promise<void> {
  try {
    const request = parsed(JSON.parse(await text(process.stdin)), MilvusCheckRequest);
    if (request.target.tls) trustSystemCertificates();
    process.stdout.write(`${JSON.stringify({ result: await checkMilvus(request, serverOfKit(join(import.meta.dirname, "kit.json"))) })}\n`);
  } catch (error) {
    tellAgent({ error: toErrorReport(error) });
    process.exitCode = 1;
  }
}

async function serve(): Promise<void> {
  outliveAgent();
  const config = await readConfig();
  if (config.chatEndpoint != null || config.embeddingEndpoint != null || config.milvusTls) trustSystemCertificates();
  const { filename, dirname } = import.meta;
  // Bundled, the two programs lie side by side.
  const starting = startApi(config, tellAgent, Date.now, filename.endsWith(".ts") ? undefined : join(dirname, "backup.mjs"));
  const stop = async () => (await starting).close();
  // Before it has started, so that no signal ever meets Node's own way of ending.
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop().finally(() => process.exit(0)));
  await starting;
}

if (process.argv[2] === "--check") await check();
else if (process.argv[2] === "--check-milvus") await checkStore();
else {
  try {
    await serve();
  } catch (error) {
    tellAgent({ error: toErrorReport(error) });
    process.exitCode = 1;
  }
}
