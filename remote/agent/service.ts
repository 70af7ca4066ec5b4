import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { ServiceConfigs, ServiceName, ServiceState, ServiceStatus } from "../../src/contract/agent.ts";
import { MentorError, toErrorReport, type ErrorReport } from "../../src/contract/errors.ts";
import type { LogLevel } from "../../src/contract/logs.ts";
import type { Launcher } from "./launcher.ts";
import type { LogStore } from "./log-store.ts";
import { parseOutput } from "./output.ts";
import { requireFreePort } from "./port-owner.ts";
import type { RestartPolicy } from "./restarts.ts";
import { ServiceProcess } from "./service-process.ts";

export interface ServiceContext {
  /** Folder for configurations and process records. */
  run: string;
  key: string;
  /** Random; in the environment of every process of this agent, so that they are known as its own. */
  token: string;
  logs: LogStore;
  restarts: RestartPolicy;
}

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
  #process: ServiceProcess<Name> | null = null;
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
      pid: this.#process?.pid ?? null,
      port: this.#config?.port ?? null,
      since: this.#since.toISOString(),
      restarts: this.#restarts,
      progress: this.#progress,
      error: this.#error,
    };
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
    const { run, key, token } = this.#context;
    this.#lastOutputAt = Date.now();
    const process = new ServiceProcess({
      launcher: this.#launcher,
      config,
      run,
      key,
      mark: `${token}/${this.name}`,
      onLine: (line, from) => this.#hear(line, from === "stdout" ? "info" : "warn"),
    });
    this.#process = process;
    const over = new AbortController();
    const ended = process.ended.finally(() => over.abort());
    try {
      const stopping = this.#stopWhenAborted(process, signal);
      const waiting = this.#untilReady(config, AbortSignal.any([signal, over.signal]));
      const ready = await Promise.race([waiting, ended.then(() => "ended" as const)]);
      if (ready === "ready") {
        this.#enter("ready");
        this.#log("info", `${this.#launcher.title} is ready on port ${config.port}.`);
        onReady();
      } else if (ready === "late") {
        await this.#end(process);
        throw new MentorError("service-failed", `${this.#launcher.title} did not become ready: no answer and no word from it for ${this.#launcher.readyWithinMs / 1000} s.`, this.#lastWords());
      }
      this.#lastExit = await ended;
      await stopping;
    } finally {
      over.abort();
      await process.clear();
      this.#process = null;
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

  async #stopWhenAborted(process: ServiceProcess<Name>, signal: AbortSignal): Promise<void> {
    const asked = new Promise<"asked">((resolve) => {
      if (signal.aborted) resolve("asked");
      signal.addEventListener("abort", () => resolve("asked"), { once: true });
    });
    const first = await Promise.race([asked, process.ended.then(() => "ended", () => "ended")]);
    if (first === "asked") await this.#end(process);
  }

  async #end(process: ServiceProcess<Name>): Promise<void> {
    if (await process.end()) return;
    this.#log("warn", `${this.#launcher.title} did not stop within ${this.#launcher.graceMs / 1000} s and was ended.`);
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
