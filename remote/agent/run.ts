import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { AgentAddress, AgentStartConfig } from "../../src/contract/agent.ts";
import { addressPath, identityPath, keyPath } from "./address.ts";
import { Agent } from "./agent.ts";
import { agentFolders, makeFolders } from "./folders.ts";
import { kitLaunchers } from "./launchers.ts";
import { stopOrphans } from "./orphans.ts";
import { readJson, writePrivateJson } from "./private-file.ts";
import { identify } from "./process-identity.ts";
import { signSentry } from "./sentry.ts";
import { agentApp, listen } from "./server.ts";

/** Longer than the services' own grace together. Milliseconds. */
const SHUTDOWN_MS = 90_000;

/**
 * The agent itself, in the background. `script` is agent.mjs inside its kit. Resolves when it
 * has been told to stop and everything is stopped.
 */
export async function runAgent(config: AgentStartConfig, script: string): Promise<void> {
  const kit = dirname(script);
  const folders = agentFolders(config.root);
  makeFolders(folders);
  const { hash, version } = readJson<{ hash: string; version: string }>(join(kit, "kit.json")) ?? { hash: "unbuilt", version: "0" };
  const agent = new Agent({ folders, key: config.key, version, kitHash: hash, launchers: kitLaunchers(kit, process.execPath) });
  const orphans = await stopOrphans(folders.run);
  if (orphans.length > 0) agent.logs.append("agent", "warn", `An earlier agent had died; what it left running was stopped: ${orphans.join(", ")}.`);

  let finish!: () => void;
  const finished = new Promise<void>((resolve) => (finish = resolve));
  let stopping: Promise<void> | null = null;
  const shutdown = (reason: string): Promise<void> => {
    // Whatever would not stop is in the log, and the next start's orphan check finds it.
    stopping ??= agent.stopAll(reason).catch((error: unknown) => agent.logs.append("agent", "error", `Not everything could be stopped: ${error instanceof Error ? error.message : String(error)}`));
    return stopping;
  };
  // The answer to /shutdown still has to leave.
  const app = agentApp(agent, config.key, () => shutdown("the desktop asked for it").finally(() => setImmediate(finish)));
  const { server, port } = await listen(app);
  const address: AgentAddress = { pid: process.pid, port, kitHash: hash, startedAt: new Date().toISOString() };
  writePrivateJson(keyPath(folders), config.key);
  writePrivateJson(identityPath(folders), identify(process.pid));
  writePrivateJson(addressPath(folders), address);
  agent.logs.append("agent", "info", `The agent (process ${process.pid}) listens on 127.0.0.1:${port}; kit ${hash}.`);

  const watch = setInterval(() => {
    const reason = agent.verdict();
    if (reason === null) {
      // From the end on it is not signed any more: should the agent fail at it, the sentry is there.
      if (agent.watchdog.config?.pod != null) signSentry(agent.watchdog.secondsLeft());
      return;
    }
    clearInterval(watch);
    // What is written is on the disk first. A service that does not end must not keep the machine running.
    const ended = Promise.race([shutdown(reason), setTimeout(SHUTDOWN_MS, undefined, { ref: false })]);
    void ended.then(() => agent.stopPod()).finally(finish);
  }, 1_000);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => void shutdown(`the agent received ${signal}`).finally(finish));

  await finished;
  clearInterval(watch);
  for (const path of [addressPath(folders), identityPath(folders), keyPath(folders)]) rmSync(path, { force: true });
  server.close();
  // Streams of logs never end by themselves; give answers under way a moment to leave.
  await setTimeout(100);
  server.closeAllConnections();
  agent.logs.append("agent", "info", "The agent has ended.");
  agent.logs.close();
}
