import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceConfigs, ServiceName } from "../../src/contract/agent.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { Clock } from "./clock.ts";
import type { Launcher } from "./launcher.ts";
import { endMarked, SERVICE_MARK, recordPath, type ServiceRecord } from "./orphans.ts";
import { writePrivateJson } from "./private-file.ts";
import { identify, signalGroup } from "./process-identity.ts";

export interface ServiceProcessOptions<Name extends ServiceName> {
  launcher: Launcher<Name>;
  config: ServiceConfigs[Name];
  /** Folder for the configuration and the process's record. */
  run: string;
  key: string;
  /** In the environment of the process and of all that it starts, so that they are known as its own. */
  mark: string;
  clock: Clock;
  onLine(line: string, from: "stdout" | "stderr"): void;
}

/** One process of a service, with all that it starts and the files that it needs. */
export class ServiceProcess<Name extends ServiceName> {
  /** Resolves with "exit code 7" or "signal SIGKILL"; rejects with `service-failed` when it could not be started. */
  readonly ended: Promise<string>;
  readonly #options: ServiceProcessOptions<Name>;
  readonly #child: ChildProcess;
  readonly #configFile: string;
  readonly #read: Promise<unknown>;

  /** Starts it. */
  constructor(options: ServiceProcessOptions<Name>) {
    const { launcher, config, run, key, mark } = options;
    this.#options = options;
    this.#configFile = join(run, `${launcher.name}.json`);
    writePrivateJson(this.#configFile, { ...config, key });
    const [command, ...args] = launcher.argv(config, this.#configFile);
    this.#child = spawn(command!, args, {
      // A group of its own, so that whatever it starts is stopped with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...launcher.environment?.(config), [SERVICE_MARK]: mark },
      cwd: run,
    });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once("error", (cause) => reject(new MentorError("service-failed", `${launcher.title} could not be started.`, { cause })));
      this.#child.once("exit", (code, killedBy) => resolve(killedBy === null ? `exit code ${code}` : `signal ${killedBy}`));
    });
    // Awaited by the owner; an early rejection must not count as unhandled meanwhile.
    this.ended.catch(() => {});
    this.#read = Promise.all([this.#listen("stdout"), this.#listen("stderr")]);
    this.#record();
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  /** Asks it to stop and waits until it has; false when it did not in time and was killed. */
  async end(): Promise<boolean> {
    if (this.pid === null) return true;
    const { stopSignal, graceMs } = this.#options.launcher;
    signalGroup(this.pid, stopSignal);
    const timer = new AbortController();
    const late = this.#options.clock.sleep(graceMs, timer.signal).then(() => "late" as const, () => "ended" as const);
    const outcome = await Promise.race([this.ended.then(() => "ended" as const, () => "ended" as const), late]);
    timer.abort();
    if (outcome === "ended") return true;
    signalGroup(this.pid, "SIGKILL");
    await this.ended;
    return false;
  }

  /** Kills whatever is left of it and removes its files. */
  async clear(): Promise<void> {
    const { launcher, run, mark } = this.#options;
    if (this.pid !== null) signalGroup(this.pid, "SIGKILL");
    endMarked(mark);
    // A grandchild that left the group may still hold the pipes; it is not waited for.
    await Promise.race([this.#read, sleep(1_000)]);
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    rmSync(recordPath(run, launcher.name), { force: true });
    rmSync(this.#configFile, { force: true });
  }

  async #listen(from: "stdout" | "stderr"): Promise<void> {
    try {
      for await (const line of createInterface({ input: this.#child[from]!, crlfDelay: Infinity })) this.#options.onLine(line, from);
    } catch {
      // The pipe broke with the process; its end is handled elsewhere.
    }
  }

  /** By which a later agent finds it, should this one die. */
  #record(): void {
    const identity = this.pid === null ? null : identify(this.pid);
    if (identity === null) return;
    const { launcher, run, mark } = this.#options;
    const record: ServiceRecord = { ...identity, mark, stopSignal: launcher.stopSignal };
    writePrivateJson(recordPath(run, launcher.name), record);
  }
}
