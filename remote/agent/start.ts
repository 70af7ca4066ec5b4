import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentAddress, AgentStartConfig, AgentStatus } from "../../src/contract/agent.ts";
import { MentorError } from "../../src/contract/errors.ts";
import { addressPath, identityPath } from "./address.ts";
import { agentFolders, makeFolders, type AgentFolders } from "./folders.ts";
import { readJson, writePrivateJson } from "./private-file.ts";
import { identify, isSame, type ProcessIdentity } from "./process-identity.ts";
import { takeTurn } from "./turn.ts";

const START_MS = 30_000;
/** Longer than the services' own grace together. */
const REPLACE_MS = 60_000;

/**
 * Makes sure that an agent of this kit runs with this key, and returns its address. One that
 * already does is left alone; any other is stopped first, with its services.
 *
 * @throws MentorError agent-failed
 */
export async function startAgent(config: AgentStartConfig, script: string): Promise<AgentAddress> {
  const folders = agentFolders(config.root);
  makeFolders(folders);
  // Two starts at once would both replace the agent.
  const release = await takeTurn(join(folders.run, "start.turn"), START_MS + REPLACE_MS);
  if (release === null) throw new MentorError("agent-failed", "Another start of the agent has not finished.");
  try {
    const running = readJson<AgentAddress>(addressPath(folders));
    const hash = readJson<{ hash: string }>(join(dirname(script), "kit.json"))?.hash ?? "unbuilt";
    if (running !== null && isRunning(folders)) {
      const status = await askStatus(running.port, config.key);
      if (status?.kitHash === hash && status.pid === running.pid) return running;
    }
    await stopAgent(folders);
    return await launch(config, script, folders);
  } finally {
    release();
  }
}

/** Asks the agent of this folder to end, and ends it when it does not. Resolves when it is gone; false: none ran. */
export async function stopAgent(folders: AgentFolders): Promise<boolean> {
  const identity = readJson<ProcessIdentity>(identityPath(folders));
  const ran = identity !== null && isSame(identity);
  if (ran) {
    signal(identity.pid, "SIGTERM");
    const until = Date.now() + REPLACE_MS;
    while (isSame(identity) && Date.now() < until) await sleep(50);
    if (isSame(identity)) signal(identity.pid, "SIGKILL");
  }
  for (const path of [addressPath(folders), identityPath(folders)]) rmSync(path, { force: true });
  return ran;
}

export async function askStatus(port: number, key: string): Promise<AgentStatus | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/status`, { headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(5_000) });
    return response.ok ? ((await response.json()) as AgentStatus) : null;
  } catch {
    return null;
  }
}

function isRunning(folders: AgentFolders): boolean {
  const identity = readJson<ProcessIdentity>(identityPath(folders));
  return identity !== null && isSame(identity);
}

async function launch(config: AgentStartConfig, script: string, folders: AgentFolders): Promise<AgentAddress> {
  const log = join(folders.logs, "agent-start.log");
  const output = openSync(log, "w", 0o600);
  // Its own session: it outlives the SSH connection that started it, and holds none of its streams.
  const child = spawn(process.execPath, [script, "run"], { detached: true, stdio: ["pipe", output, output], cwd: folders.run });
  closeSync(output);
  // From its birth on, so that the next start ends it should this one be cut off before it listens.
  const identity = child.pid === undefined ? null : identify(child.pid);
  if (identity !== null) writePrivateJson(identityPath(folders), identity);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, killedBy) => resolve(killedBy === null ? `exit code ${code}` : `signal ${killedBy}`));
  });
  // A child that dies at once breaks the pipe; its end is reported below.
  child.stdin!.on("error", () => {});
  child.stdin!.end(JSON.stringify(config));
  let end: string | null = null;
  void ended.then((how) => (end = how));
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    const address = readJson<AgentAddress>(addressPath(folders));
    if (address !== null && address.pid === child.pid) {
      child.unref();
      return address;
    }
    if (end !== null) throw failed(`The agent ended right after its start with ${end}.`, log);
    await sleep(25);
  }
  child.kill("SIGKILL");
  throw failed(`The agent did not answer within ${START_MS / 1000} s.`, log);
}

function failed(message: string, log: string): MentorError {
  const words = readFileSync(log, "utf8").trim().slice(-2_000);
  return new MentorError("agent-failed", message, { details: { log }, cause: words === "" ? undefined : new Error(words) });
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone meanwhile.
  }
}
