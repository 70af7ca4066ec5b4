import { isDeepStrictEqual } from "node:util";
import type { ServiceConfigs, ServiceName, ServiceState, ServiceStatus } from "../../src/contract/agent.ts";
import { MentorError, toErrorReport, type ErrorReport } from "../../src/contract/errors.ts";
import type { LogLevel } from "../../src/contract/logs.ts";
import type { Launcher } from "./launcher.ts";
import { answersWithin, untilAnswering, untilSilent } from "./liveness.ts";
import { parseOutput } from "./output.ts";
import { requireFreePort } from "./port-owner.ts";
import type { ServiceContext } from "./service-context.ts";
import { ServiceProcess } from "./service-process.ts";

/** For one probe while the service is waited for, and for a running one to take a new configuration. */
const ANSWER_MS = 5_000;

/**
 * One service of the host.
 *
 *   stopped → starting → ready → stopping → stopped
 *                ↑  └ crash ┘       starting and ready end in failed when crashes do not stop
 *                └ a new configuration that it takes as it runs; where it cannot, it goes on as before and says why
 *
 * One that runs but gives no answer any more is ended, and counts as crashed.
 */
export class Service<Name extends ServiceName> {
  readonly name: Name;
  readonly #launcher: Launcher<Name>;
  readonly #context: ServiceContext;
  #state: ServiceState = "stopped";
  #since: Date;
  #config: ServiceConfigs[Name] | null = null;
  #process: ServiceProcess<Name> | null = null;
  #restarts = 0;
  #progress: ServiceStatus["progress"] = null;
  #error: ErrorReport | null = null;
  /** Why a process that runs on did not take its last configuration. */
  #refusal: ErrorReport | null = null;
  #lastOutputAt = 0;
  /** Aborted when a process that was ready has taken a new configuration. */
  #changed = new AbortController();
  /** Ends the present life: aborted by stop. */
  #life = new AbortController();
  #living: Promise<void> = Promise.resolve();
  /** Starts and stops wait for one another. */
  #turn: Promise<void> = Promise.resolve();
  /** How the process before ended, after "It …". */
  #lastEnd = "";

  constructor(launcher: Launcher<Name>, context: ServiceContext) {
    this.name = launcher.name;
    this.#launcher = launcher;
    this.#context = context;
    this.#since = new Date(context.clock.now());
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
      error: this.#error ?? this.#refusal,
    };
  }

  /** Begins to start; the state tells how it goes on. What it does already, or is about to, changes nothing, and what the running process can take does not end it. */
  start(config: ServiceConfigs[Name]): Promise<void> {
    return this.#inTurn(() => this.#start(config));
  }

  /** Resolves when the process and all that it started are gone. */
  stop(): Promise<void> {
    return this.#inTurn(() => this.#stop());
  }

  /** What it was asked for, it did: what only other versions of it needed can go. */
  proven = (): Promise<void> => this.#inTurn(async () => (this.#state === "ready" ? this.#launcher.proven?.(this.#config!, (text) => this.#log("info", text)) : undefined));

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => {});
    return done;
  }

  async #start(config: ServiceConfigs[Name]): Promise<void> {
    const runs = this.#state === "starting" || this.#state === "ready";
    this.#refusal = null;
    if (runs && (isDeepStrictEqual(config, this.#config) || this.#launcher.does?.(this.#config!, config))) return;
    if (await this.#change(config)) return;
    await this.#stop();
    this.#config = config;
    this.#restarts = 0;
    this.#error = null;
    this.#life = new AbortController();
    this.#enter("starting");
    this.#living = this.#live(config, this.#life.signal);
  }

  /** Whether the process that runs has taken the new configuration. */
  async #change(config: ServiceConfigs[Name]): Promise<boolean> {
    const change = this.#state === "ready" ? this.#launcher.change?.(this.#config!, config) : null;
    if (change == null) return false;
    const { key, clock } = this.#context;
    const taken = await answersWithin(ANSWER_MS, (patience) => change(config, key, patience), clock, this.#life.signal);
    // It may have ended meanwhile: then it is started with the new configuration like any other.
    if (!taken || (this.#state as ServiceState) !== "ready") return false;
    this.#config = config;
    this.#lastOutputAt = clock.now();
    this.#enter("starting");
    this.#changed.abort();
    return true;
  }

  async #stop(): Promise<void> {
    if (this.#state === "stopped" || this.#state === "failed") return this.#settle("stopped");
    this.#enter("stopping");
    this.#life.abort();
    await this.#living;
    this.#settle("stopped");
  }

  /** Holds what the service needs for itself alone, for as long as it lives. */
  async #live(config: ServiceConfigs[Name], stopped: AbortSignal): Promise<void> {
    const lost = new AbortController();
    const signal = AbortSignal.any([stopped, lost.signal]);
    let release: (() => Promise<void>) | undefined;
    try {
      release = await this.#launcher.hold?.(config, {
        clock: this.#context.clock,
        signal,
        say: (detail) => (this.#progress = { done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail }),
        lost: (error) => lost.abort(error),
      });
      await this.#runUntilStopped(signal);
    } catch (error) {
      if (!stopped.aborted) this.#fail(toErrorReport(error));
    } finally {
      await release?.();
    }
    if (lost.signal.aborted && !stopped.aborted) this.#fail(toErrorReport(lost.signal.reason));
  }

  async #runUntilStopped(signal: AbortSignal): Promise<void> {
    const { restarts, clock } = this.#context;
    let crashes = 0;
    let wasReady = false;
    while (!signal.aborted) {
      let soundMs: number | null;
      try {
        await requireFreePort(this.#config!.port, this.#launcher.title);
        if (signal.aborted) return;
        soundMs = await this.#runOnce(this.#config!, signal);
      } catch (error) {
        return this.#fail(toErrorReport(error));
      }
      if (signal.aborted) return;
      if (this.#error !== null) return this.#fail(this.#error);
      wasReady ||= soundMs !== null;
      crashes = soundMs !== null && soundMs >= restarts.forgiveAfterMs ? 1 : crashes + 1;
      if (crashes > (wasReady ? restarts.limit : restarts.limitBeforeReady)) return this.#fail(toErrorReport(new MentorError("service-failed", `${this.#launcher.title} failed ${crashes} times in a row; the last time it ${this.#lastEnd}.`, this.#lastWords())));
      const delay = restarts.firstDelayMs * 2 ** (crashes - 1);
      this.#waitForRestart(this.#lastEnd, `started again in ${Math.ceil(delay / 1000)} s`);
      this.#restarts++;
      this.#log("warn", `${this.#launcher.title} ${this.#lastEnd}; it is started again in ${delay} ms.`);
      await clock.sleep(delay, signal).catch(() => {});
    }
  }

  /**
   * One process from its start to its end. Resolves with the milliseconds for which it was ready and
   * answered, with its last configuration; null when it ended before; rejects when it could not be started or never became ready.
   */
  async #runOnce(config: ServiceConfigs[Name], signal: AbortSignal): Promise<number | null> {
    const { run, key, token, clock } = this.#context;
    this.#lastOutputAt = clock.now();
    const process = new ServiceProcess({
      launcher: this.#launcher,
      config,
      run,
      key,
      mark: `${token}/${this.name}`,
      clock,
      onLine: (line, from) => this.#hear(line, from === "stdout" ? "info" : "warn"),
    });
    this.#process = process;
    const over = new AbortController();
    const ended = process.ended.finally(() => over.abort());
    try {
      const stopping = this.#stopWhenAborted(process, signal);
      const alive = AbortSignal.any([signal, over.signal]);
      let soundMs: number | null;
      let hung: string | null = null;
      let taken = config;
      do {
        [soundMs, this.#changed] = [null, new AbortController()];
        const ready = await Promise.race([this.#untilReady(config, alive), ended.then(() => "ended" as const)]);
        if (ready === "late") {
          await this.#end(process);
          throw new MentorError("service-failed", `${this.#launcher.title} did not become ready: no answer and no word from it for ${this.#launcher.readyWithinMs / 1000} s.`, this.#lastWords());
        }
        if (ready === "ended") break;
        if (this.#error === null) taken = this.#config!;
        else [this.#refusal, this.#error, this.#config] = [this.#error, null, taken];
        this.#enter("ready");
        this.#log("info", `${this.#launcher.title} is ready on port ${config.port}.`);
        const readyAt = clock.now();
        const silentMs = await untilSilent((patience) => this.#launcher.probe(config, key, patience), this.#launcher.liveness, clock, AbortSignal.any([alive, this.#changed.signal]));
        soundMs = clock.now() - readyAt - (silentMs ?? 0);
        if (silentMs !== null) hung = await this.#endHung(process, silentMs);
      } while (this.#changed.signal.aborted && !alive.aborted);
      const exit = await ended;
      this.#lastEnd = hung ?? `ended unexpectedly (${exit})`;
      await stopping;
      return soundMs;
    } finally {
      over.abort();
      await process.clear();
      await this.#launcher.clear?.(config).catch((error: unknown) => this.#log("error", `${this.#launcher.title} may have left something running: ${toErrorReport(error).message}`));
      this.#process = null;
    }
  }

  #untilReady(config: ServiceConfigs[Name], signal: AbortSignal): Promise<"ready" | "late" | "ended"> {
    const { key, restarts, clock } = this.#context;
    const startedAt = clock.now();
    return untilAnswering((patience) => this.#launcher.probe(config, key, patience), { everyMs: restarts.probeIntervalMs, timeoutMs: ANSWER_MS, withinMs: this.#launcher.readyWithinMs }, clock, signal, () => {
      if (this.#progress === null || this.#progress.unit === "seconds") {
        this.#progress = { done: Math.floor((clock.now() - startedAt) / 1000), total: null, unit: "seconds", rate: null, etaSeconds: null, detail: `Waiting for an answer on port ${config.port}` };
      }
      return this.#lastOutputAt;
    });
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

  /** Returns how it ended, after "It …". */
  async #endHung(process: ServiceProcess<Name>, silentMs: number): Promise<string> {
    const silence = `gave no answer for ${Math.round(silentMs / 1000)} s`;
    this.#log("warn", `${this.#launcher.title} runs but ${silence}; it is ended.`);
    this.#waitForRestart(silence, "it is ended");
    await this.#end(process);
    return `${silence} and was ended`;
  }

  #waitForRestart(why: string, what: string): void {
    this.#enter("starting");
    this.#progress = { done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail: `It ${why}; ${what}` };
  }

  #hear(line: string, level: LogLevel): void {
    this.#lastOutputAt = this.#context.clock.now();
    const output = parseOutput(line);
    if ("activity" in output) this.#context.onActivity();
    else if ("progress" in output) this.#progress = output.progress;
    else if ("error" in output) {
      this.#error = output.error;
      this.#log("error", output.error.message);
    } else if (output.log.trim() !== "") this.#log(output.level ?? level, output.log);
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
    this.#error = this.#refusal = null;
    if (this.#state !== state) this.#enter(state);
  }

  #enter(state: ServiceState): void {
    this.#state = state;
    this.#since = new Date(this.#context.clock.now());
    this.#progress = null;
  }

  #log(level: LogLevel, text: string): void {
    this.#context.logs.append(this.name, level, text);
  }
}
