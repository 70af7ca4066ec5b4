import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { ServiceConfigs, ServiceName, ServiceState, ServiceStatus } from "../../src/contract/agent.ts";
import { MentorError, toErrorReport, type ErrorReport } from "../../src/contract/errors.ts";
import type { LogLevel } from "../../src/contract/logs.ts";
import type { Launcher } from "./launcher.ts";
import type { LogStore } from "./log-store.ts";
import { parseOutput } from "./output.ts";
import { requireFreePort } from "./port-owner.ts";
import { writePrivateJson } from "./private-file.ts";
import { endMarked, SERVICE_MARK, recordPath, type ServiceRecord } from "./orphans.ts";
import { identify, signalGroup } from "./process-identity.ts";

export interface ServiceContext {
  /** Folder for configurations and process records. */
  run: string;
  key: string;
  /** Random; in the environment of every process of this agent, so that they are known as its own. */
  token: string;
  logs: LogStore;
  restarts: RestartPolicy;
}

export interface RestartPolicy {
  firstDelayMs: number;
  /** Crashes in a row after which a service is given up: while it was never ready, and later. */
  limitBeforeReady: number;
  limit: number;
  /** Ready for this long, a service's earlier crashes are forgotten. */
  forgiveAfterMs: number;
  probeIntervalMs: number;
}

export const RESTARTS: RestartPolicy = { firstDelayMs: 1_000, limitBeforeReady: 2, limit: 5, forgiveAfterMs: 60_000, probeIntervalMs: 200 };

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

/**
 * One service of the host.
 *
 *   stopped → starting → ready → stopping → stopped
 *                ↑  └ crash ┘       starting and ready end in failed when crashes do not stop
 */
export class Service<Name extends ServiceName> {
  readonly name: Name;
  readonly #launcher: Launcher<Name>;
  readonly #context: ServiceContext;
  #state: ServiceState = "stopped";
  #since = new Date();
  #config: ServiceConfigs[Name] | null = null;
  #child: ChildProcess | null = null;
  #restarts = 0;
  #progress: ServiceStatus["progress"] = null;
  #error: ErrorReport | null = null;
  #lastOutputAt = 0;
  /** Ends the present life: aborted by stop. */
  #life = new AbortController();
  #living: Promise<void> = Promise.resolve();
  /** Starts and stops wait for one another. */
  #turn: Promise<void> = Promise.resolve();
  #lastExit = "";

  constructor(launcher: Launcher<Name>, context: ServiceContext) {
    this.name = launcher.name;
    this.#launcher = launcher;
    this.#context = context;
  }

  status(): ServiceStatus {
    return {
      name: this.name,
      state: this.#state,
      pid: this.#child?.pid ?? null,
      port: this.#config?.port ?? null,
      since: this.#since.toISOString(),
      restarts: this.#restarts,
      progress: this.#progress,
      error: this.#error,
    };
  }

  get #mark(): string {
    return `${this.#context.token}/${this.name}`;
  }

  /** Begins to start; the state tells how it goes on. The same configuration again changes nothing. */
  start(config: ServiceConfigs[Name]): Promise<void> {
    return this.#inTurn(() => this.#start(config));
  }

  /** Resolves when the process and all that it started are gone. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #start(config: ServiceConfigs[Name]): Promise<void> {
    const runs = this.#state === "starting" || this.#state === "ready";
    if (runs && isDeepStrictEqual(config, this.#config)) return;
    await this.#stop();
    this.#config = config;
    this.#restarts = 0;
    this.#error = null;
    this.#life = new AbortController();
    this.#enter("starting");
    this.#living = this.#live(config, this.#life.signal);
  }

  async #stop(): Promise<void> {
    if (this.#state === "stopped" || this.#state === "failed") return this.#settle("stopped");
    this.#enter("stopping");
    this.#life.abort();
    await this.#living;
    this.#settle("stopped");
  }

  async #live(config: ServiceConfigs[Name], signal: AbortSignal): Promise<void> {
    let crashes = 0;
    let wasReady = false;
    while (!signal.aborted) {
      let readyAt: number | null = null;
      try {
        await requireFreePort(config.port, this.#launcher.title);
        if (signal.aborted) return;
        await this.#runOnce(config, signal, () => {
          readyAt = Date.now();
          wasReady = true;
        });
      } catch (error) {
        return this.#fail(toErrorReport(error));
      }
      if (signal.aborted) return;
      if (this.#error !== null) return this.#fail(this.#error);
      const { restarts } = this.#context;
      crashes = readyAt !== null && Date.now() - readyAt >= restarts.forgiveAfterMs ? 1 : crashes + 1;
      if (crashes > (wasReady ? restarts.limit : restarts.limitBeforeReady)) return this.#fail(this.#crashReport(crashes));
      const delay = restarts.firstDelayMs * 2 ** (crashes - 1);
      this.#enter("starting");
      this.#restarts++;
      this.#progress = { done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail: `It ended unexpectedly (${this.#lastExit}); started again in ${Math.ceil(delay / 1000)} s` };
      this.#log("warn", `${this.#launcher.title} ended unexpectedly (${this.#lastExit}); it is started again in ${delay} ms.`);
      await sleep(delay, undefined, { signal }).catch(() => {});
    }
  }

  /** One process from its start to its end. Rejects when it could not be started or never became ready. */
  async #runOnce(config: ServiceConfigs[Name], signal: AbortSignal, onReady: () => void): Promise<void> {
    const { run, key } = this.#context;
    const configFile = join(run, `${this.name}.json`);
    writePrivateJson(configFile, { ...config, key });
    const [command, ...args] = this.#launcher.argv(config, configFile);
    const child = spawn(command!, args, {
      // A group of its own, so that whatever it starts is stopped with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...this.#launcher.environment?.(config), [SERVICE_MARK]: this.#mark },
      cwd: run,
    });
    const exited = new Promise<void>((resolve, reject) => {
      child.once("error", (cause) => reject(new MentorError("service-failed", `${this.#launcher.title} could not be started.`, { cause })));
      child.once("exit", (code, killedBy) => {
        this.#lastExit = killedBy === null ? `exit code ${code}` : `signal ${killedBy}`;
        resolve();
      });
    });
    // Awaited below; an early rejection must not count as unhandled meanwhile.
    exited.catch(() => {});
    const read = Promise.all([this.#listen(child.stdout!, "info"), this.#listen(child.stderr!, "warn")]);
    this.#child = child;
    this.#lastOutputAt = Date.now();
    if (child.pid !== undefined) this.#record(child.pid);
    const over = new AbortController();
    const ended = exited.finally(() => over.abort());
    try {
      const stopping = this.#stopWhenAborted(child, ended, signal);
      const waiting = this.#untilReady(config, AbortSignal.any([signal, over.signal]));
      const ready = await Promise.race([waiting, ended.then(() => "ended" as const)]);
      if (ready === "ready") {
        this.#enter("ready");
        this.#log("info", `${this.#launcher.title} is ready on port ${config.port}.`);
        onReady();
      } else if (ready === "late") {
        await this.#end(child, ended);
        throw new MentorError("service-failed", `${this.#launcher.title} did not become ready: no answer and no word from it for ${this.#launcher.readyWithinMs / 1000} s.`, this.#lastWords());
      }
      await ended;
      await stopping;
    } finally {
      over.abort();
      if (child.pid !== undefined) signalGroup(child.pid, "SIGKILL");
      endMarked(this.#mark);
      // A grandchild that left the group may still hold the pipes; it is not waited for.
      await Promise.race([read, sleep(1_000)]);
      child.stdout?.destroy();
      child.stderr?.destroy();
      this.#child = null;
      rmSync(recordPath(run, this.name), { force: true });
      rmSync(configFile, { force: true });
    }
  }

  async #untilReady(config: ServiceConfigs[Name], signal: AbortSignal): Promise<"ready" | "late" | "ended"> {
    const startedAt = Date.now();
    while (!signal.aborted) {
      const patience = AbortSignal.any([signal, AbortSignal.timeout(5_000)]);
      if (await this.#launcher.probe(config, this.#context.key, patience).catch(() => false)) return signal.aborted ? "ended" : "ready";
      if (Date.now() - this.#lastOutputAt > this.#launcher.readyWithinMs) return "late";
      const seconds = Math.floor((Date.now() - startedAt) / 1000);
      if (this.#progress === null || this.#progress.unit === "seconds") {
        this.#progress = { done: seconds, total: null, unit: "seconds", rate: null, etaSeconds: null, detail: `Waiting for an answer on port ${config.port}` };
      }
      await sleep(this.#context.restarts.probeIntervalMs, undefined, { signal }).catch(() => {});
    }
    return "ended";
  }

  async #stopWhenAborted(child: ChildProcess, ended: Promise<void>, signal: AbortSignal): Promise<void> {
    const asked = new Promise<"asked">((resolve) => {
      if (signal.aborted) resolve("asked");
      signal.addEventListener("abort", () => resolve("asked"), { once: true });
    });
    const first = await Promise.race([asked, ended.then(() => "ended", () => "ended")]);
    if (first === "asked") await this.#end(child, ended);
  }

  async #end(child: ChildProcess, ended: Promise<void>): Promise<void> {
    if (child.pid === undefined) return;
    signalGroup(child.pid, this.#launcher.stopSignal);
    const timer = new AbortController();
    const late = sleep(this.#launcher.graceMs, "late" as const, { signal: timer.signal }).catch(() => "ended" as const);
    const outcome = await Promise.race([ended.then(() => "ended" as const, () => "ended" as const), late]);
    timer.abort();
    if (outcome === "ended") return;
    this.#log("warn", `${this.#launcher.title} did not stop within ${this.#launcher.graceMs / 1000} s and was ended.`);
    signalGroup(child.pid, "SIGKILL");
    await ended;
  }

  async #listen(stream: NodeJS.ReadableStream, level: LogLevel): Promise<void> {
    try {
      for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) this.#hear(line, level);
    } catch {
      // The pipe broke with the process; its end is handled elsewhere.
    }
  }

  #hear(line: string, level: LogLevel): void {
    this.#lastOutputAt = Date.now();
    const output = parseOutput(line);
    if ("progress" in output) this.#progress = output.progress;
    else if ("error" in output) {
      this.#error = output.error;
      this.#log("error", output.error.message);
    } else if (output.log.trim() !== "") this.#log(LEVELS.includes(output.level!) ? output.level! : level, output.log);
  }

  #record(pid: number): void {
    const identity = identify(pid);
    if (identity === null) return;
    const record: ServiceRecord = { ...identity, mark: this.#mark, stopSignal: this.#launcher.stopSignal };
    writePrivateJson(recordPath(this.#context.run, this.name), record);
  }

  #crashReport(crashes: number): ErrorReport {
    return toErrorReport(new MentorError("service-failed", `${this.#launcher.title} ended ${crashes} times in a row, last with ${this.#lastExit}.`, this.#lastWords()));
  }

  #lastWords() {
    const words = this.#context.logs.tail(this.name, 5);
    return { details: { service: this.name }, cause: words.length > 0 ? new Error(words.join("\n")) : undefined };
  }

  #fail(error: ErrorReport): void {
    this.#error = error;
    this.#log("error", error.message);
    this.#enter("failed");
  }

  #settle(state: "stopped"): void {
    this.#error = null;
    if (this.#state !== state) this.#enter(state);
  }

  #enter(state: ServiceState): void {
    this.#state = state;
    this.#since = new Date();
    this.#progress = null;
  }

  #log(level: LogLevel, text: string): void {
    this.#context.logs.append(this.name, level, text);
  }
}
