import { realpathSync } from "node:fs";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { AgentStartConfig, type AgentAddress } from "../../src/contract/agent.ts";
import { MentorError, toErrorReport } from "../../src/contract/errors.ts";
import { addressPath, keyPath } from "./address.ts";
import { agentFolders } from "./folders.ts";
import { stopOrphans } from "./orphans.ts";
import { readJson } from "./private-file.ts";
import { runAgent } from "./run.ts";
import { askStatus, startAgent, stopAgent } from "./start.ts";

const USAGE = `Usage: agent.mjs start                 reads its configuration as JSON on standard input, prints the agent's address
       agent.mjs status --root ROOT   shows the running agent and its services
       agent.mjs stop --root ROOT     stops the agent and its services
`;

/** Everything is printed as one JSON line; a failure is `{"error": ErrorReport}` and exit code 1, wrong use 2. */
async function main(argv: string[]): Promise<number> {
  const script = realpathSync(process.argv[1]!);
  const { positionals, values } = parseArgs({ args: argv, allowPositionals: true, options: { root: { type: "string" } } });
  switch (positionals[0]) {
    case "start":
      print(await startAgent(await readConfig(), script));
      return 0;
    case "run":
      await runAgent(await readConfig(), script);
      return 0;
    case "status":
      if (values.root === undefined) break;
      print(await status(values.root));
      return 0;
    case "stop":
      if (values.root === undefined) break;
      print({ stopped: await stop(values.root) });
      return 0;
  }
  process.stderr.write(USAGE);
  return 2;
}

async function readConfig(): Promise<AgentStartConfig> {
  const config = AgentStartConfig.safeParse(parse(await text(process.stdin)));
  if (!config.success) throw new MentorError("input-invalid", "The agent's start configuration is not what it should be: a key and a root folder as JSON.");
  return config.data;
}

async function status(root: string) {
  const folders = agentFolders(root);
  const address = readJson<AgentAddress>(addressPath(folders));
  const key = readJson<string>(keyPath(folders));
  const found = address === null || key === null ? null : await askStatus(address.port, key);
  if (found === null) throw new MentorError("session-missing", `No agent is running for ${root}.`);
  return found;
}

async function stop(root: string): Promise<boolean> {
  const folders = agentFolders(root);
  const ran = await stopAgent(folders);
  return (await stopOrphans(folders.run)).length > 0 || ran;
}

function parse(input: string): unknown {
  try {
    return JSON.parse(input);
  } catch {
    return null;
  }
}

function print(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const report = toErrorReport(error);
  print({ error: report });
  process.stderr.write(`${[report.message, ...(report.causes ?? [])].join("\n")}\n`);
  process.exitCode = (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
}
