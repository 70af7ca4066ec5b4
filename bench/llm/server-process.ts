import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { freePort } from "../../src/adapters/local/free-port.ts";
import type { Launch } from "./engine.ts";

/** Of /proc/PID/stat; the same on every Linux that has not been built otherwise. */
const TICKS_PER_SECOND = 100;
const LOOK_EVERY = 20;
const LONGEST_LOAD = 120_000;
const KILL_AFTER = 10_000;

/** A server that is being measured, with what its process costs. */
export class ServerProcess {
  readonly port: number;
  /** From its start to the first answer that says it is ready. */
  readonly loadSeconds: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number, loadSeconds: number) {
    this.#child = child;
    this.port = port;
    this.loadSeconds = loadSeconds;
  }

  static async start(launchAt: (port: number) => Launch, key: string): Promise<ServerProcess> {
    const port = await freePort(0);
    const { command: [program, ...words], environment, input, readyPath } = launchAt(port);
    const startedAt = performance.now();
    const child = spawn(program!, words, { env: { ...process.env, ...environment }, stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-2_000)));
    child.once("error", (error) => (output += error.message));
    child.stdin!.on("error", () => undefined).end(input);
    while (!(await isReady(port, readyPath, key))) {
      const late = performance.now() - startedAt > LONGEST_LOAD;
      if (late) child.kill("SIGKILL");
      if (late || child.pid === undefined || child.exitCode !== null || child.signalCode !== null) throw new Error(`${program} does not answer: ${output.trim()}`);
      await setTimeout(LOOK_EVERY);
    }
    return new ServerProcess(child, port, (performance.now() - startedAt) / 1000);
  }

  /** User and system time of the process and all its descendants so far. */
  cpuSeconds(): number {
    return family(this.#child.pid!).reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS_PER_SECOND;
  }

  /** Begins a new peak of resident memory. */
  forgetPeak(): void {
    for (const pid of family(this.#child.pid!)) writeFileSync(`/proc/${pid}/clear_refs`, "5");
  }

  peakRssBytes(): number {
    return family(this.#child.pid!).reduce((sum, pid) => sum + 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0), 0);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const killing = new AbortController();
    setTimeout(KILL_AFTER, undefined, { signal: killing.signal }).then(() => this.#child.kill("SIGKILL"), () => undefined);
    await gone;
    killing.abort();
  }
}

async function isReady(port: number, path: string, key: string): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${key}` } });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

function family(root: number): number[] {
  const children = readdirSync(`/proc/${root}/task`).flatMap((thread) => readFileSync(`/proc/${root}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number));
  return [root, ...children.flatMap(family)];
}

function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
