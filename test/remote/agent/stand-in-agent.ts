import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { LlmServiceConfig, ServiceName, ServiceStatus } from "../../../src/contract/agent.ts";
import { Agent } from "../../../remote/agent/agent.ts";
import { systemClock, type Clock } from "../../../remote/agent/clock.ts";
import { agentFolders, makeFolders } from "../../../remote/agent/folders.ts";
import type { Launchers } from "../../../remote/agent/launcher.ts";
import { kitLaunchers } from "../../../remote/agent/launchers.ts";
import { identify } from "../../../remote/agent/process-identity.ts";
import { RESTARTS } from "../../../remote/agent/restarts.ts";

const STAND_IN = fileURLToPath(new URL("../../parts/service-stand-in.mjs", import.meta.url));
/** From the polite signal to the hard one. */
export const GRACE_MS = 300;
export const KEY = "a-key-of-the-test-that-is-long-enough";

/** An agent in this process, whose LLM server is the stand-in; everything else is real. */
export async function standInAgent(overrides: Partial<Launchers["llm"]> = {}, clock: Clock = systemClock) {
  const root = await mkdtemp(join(tmpdir(), "agent "));
  const folders = agentFolders(root);
  makeFolders(folders);
  const launchers = kitLaunchers("/nowhere", process.execPath);
  const llm = { ...launchers.llm, argv: (_config: LlmServiceConfig, file: string) => [process.execPath, STAND_IN, "--config", file], graceMs: GRACE_MS, ...overrides };
  const agent = new Agent({ folders, key: KEY, version: "1", kitHash: "test", launchers: { ...launchers, llm }, restarts: { ...RESTARTS, firstDelayMs: 1, probeIntervalMs: 10 }, clock });
  onTestFinished(async () => {
    await agent.stopAll("the test is over");
    agent.logs.close();
    await rm(root, { recursive: true, force: true });
  });
  const diary = async () => (await readFile(join(folders.run, "stand-in.txt"), "utf8").catch(() => "")).trim().split("\n");
  return { agent, folders, diary, service: () => serviceOf(agent, "llm") };
}

export function llmConfig(port: number, model: string): LlmServiceConfig {
  return { port, model, embeddingModel: null, gpu: "cpu", contextTokens: 512, parallel: 1, threads: null };
}

export function serviceOf(agent: Agent, name: ServiceName): ServiceStatus {
  return agent.status().services.find((service) => service.name === name)!;
}

/** Looks until `found` holds; the suite's own time limit ends it when it never does. */
export async function until(found: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await found())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A zombie is dead: only its parent has not looked yet. */
export function isAlive(pid: number): boolean {
  return identify(pid) !== null;
}
