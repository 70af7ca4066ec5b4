import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../src/adapters/local/free-port.ts";
import type { LlmServiceConfig, ServiceFile } from "../../src/contract/agent.ts";
import type { LlmHealth } from "../../remote/llm/health.ts";
import { kitProgram } from "../../src/core/kit/install.ts";

export type Loaded = Extract<LlmHealth, { status: "ok" }>;

/** The LLM server of a kit, as a host runs it: with nothing of this project around it. */
export interface KitServer {
  port: number;
  key: string;
  loadSeconds: number;
  health: Loaded;
  /** Paths of the shared libraries it has loaded whose names contain `part`. */
  libraries(part: string): string[];
  close(): Promise<void>;
}

export type KitServerOptions = Pick<LlmServiceConfig, "model" | "gpu" | "contextTokens" | "parallel">;

/** Throws what the server said where it could not load the model. */
export async function startKitServer(kit: string, options: KitServerOptions): Promise<KitServer> {
  const key = randomBytes(24).toString("base64url");
  const config: ServiceFile<"llm"> = { ...options, key, port: await freePort(0), embeddingModel: null, threads: null };
  const started = performance.now();
  const child = spawn(kitProgram(kit, "node"), [kitProgram(kit, "llm.mjs"), "--config", "-"], { cwd: "/", env: { PATH: "/usr/bin:/bin" }, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (said = (said + data.toString()).slice(-8_000)));
  child.stdin.on("error", () => {}).end(JSON.stringify(config));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const close = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  const url = `http://127.0.0.1:${config.port}`;
  while (child.exitCode === null && child.signalCode === null) {
    const answer = await fetch(`${url}/health`, { headers: { authorization: `Bearer ${key}` } }).catch(() => null);
    if (answer?.ok) {
      const health = (await answer.json()) as Loaded;
      const maps = readFileSync(`/proc/${child.pid}/maps`, "utf8");
      const loaded = [...new Set(maps.match(/\/\S+\.so[.\d]*/g))];
      return { port: config.port, key, health, loadSeconds: (performance.now() - started) / 1000, libraries: (part) => loaded.filter((path) => path.slice(path.lastIndexOf("/")).includes(part)), close };
    }
    await answer?.body?.cancel();
    await sleep(100);
  }
  throw new Error(`The LLM server ended before it was ready:\n${said.trim()}`);
}
