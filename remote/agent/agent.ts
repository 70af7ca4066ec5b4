import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { AgentStatus, ServiceConfigs, ServiceName, WatchdogConfig } from "../../src/contract/agent.ts";
import { systemClock, type Clock } from "./clock.ts";
import type { AgentFolders } from "./folders.ts";
import type { Launchers } from "./launcher.ts";
import { Growth, namesIn } from "./growth.ts";
import { LogStore } from "./log-store.ts";
import { PodPower, type PodPowerOptions } from "./pod-power.ts";
import { RESTARTS, type RestartPolicy } from "./restarts.ts";
import { Service } from "./service.ts";
import { Watchdog } from "./watchdog.ts";

/** The order in which services are stopped: whoever uses another one goes first. */
const STOP_ORDER: readonly ServiceName[] = ["api", "llm", "milvus"];
/** Often enough for limits that are counted in minutes. Milliseconds. */
const LOOK_EVERY = 10_000;

export interface AgentOptions {
  folders: AgentFolders;
  key: string;
  version: string;
  kitHash: string;
  launchers: Launchers;
  restarts?: RestartPolicy;
  clock?: Clock;
  /** For tests: another environment, another network. */
  podPower?: Pick<PodPowerOptions, "environment" | "fetch">;
}

/** Owns the services of one host for one session. Its HTTP side is server.ts. */
export class Agent {
  readonly logs: LogStore;
  readonly watchdog: Watchdog;
  readonly #services: { [Name in ServiceName]: Service<Name> };
  readonly #startedAt = new Date().toISOString();
  readonly #options: AgentOptions;
  readonly #clock: Clock;
  readonly #arriving: Growth;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** Of the API that runs, or ran last. */
  #courseData: string;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.logs = new LogStore(options.folders.logs);
    const clock = (this.#clock = options.clock ?? systemClock);
    this.#courseData = join(options.folders.root, "ai-mentor", "data", "course");
    this.#arriving = new Growth(() => arrivals(options.folders.root, this.#courseData));
    this.watchdog = new Watchdog(() => clock.now());
    const context = { run: options.folders.run, key: options.key, token: randomBytes(16).toString("hex"), onActivity: () => this.watchdog.activity(), logs: this.logs, restarts: options.restarts ?? RESTARTS, clock };
    const { llm, api, milvus } = options.launchers;
    this.#services = { llm: new Service(llm, context), api: new Service(api, context), milvus: new Service(milvus, context) };
  }

  status(): AgentStatus {
    const { version, kitHash } = this.#options;
    const services = [this.#services.milvus, this.#services.llm, this.#services.api].map((service) => service.status());
    return { pid: process.pid, version, kitHash, startedAt: this.#startedAt, services, watchdog: this.watchdog.status() };
  }

  start<Name extends ServiceName>(name: Name, config: ServiceConfigs[Name]): Promise<void> {
    if ("dataDir" in config && name === "api") this.#courseData = config.dataDir;
    return this.#services[name].start(config);
  }

  stop(name: ServiceName): Promise<void> {
    return this.#services[name].stop();
  }

  proven(name: ServiceName): Promise<void> {
    return this.#services[name].proven();
  }

  /** Before it counts as set, the right to stop the rented machine is tried, where there is one. */
  async arm(config: WatchdogConfig): Promise<void> {
    const power = this.#powerOver(config);
    const guard = power === null ? null : await power.prove();
    this.watchdog.arm(config, guard);
    const idle = config.idleSeconds == null ? "" : `, ${config.idleSeconds} s without use`;
    this.logs.append("agent", "info", `Safety timer: ${config.deadlineInSeconds === null ? "no set end" : `ends in ${Math.round(config.deadlineInSeconds)} s`}, silence of ${config.silenceSeconds ?? "any number of"} s allowed${idle}.`);
    if (guard !== null) this.logs.append("agent", guard.proven ? "info" : "warn", guard.proven ? "It can stop the machine: it has read it with the machine's own credential." : `It may not be able to stop the machine: ${guard.reason}.`);
  }

  /** Why everything must end now; null while there is no reason. Uploads go past the services: they are seen by the files that grow. */
  verdict(): string | null {
    if (this.#clock.now() - this.#lookedAt >= LOOK_EVERY) {
      this.#lookedAt = this.#clock.now();
      if (this.#arriving.changed()) this.watchdog.activity();
    }
    return this.watchdog.verdict();
  }

  /** After everything on it has ended: stops the rented machine, and with it this process. Does nothing where there is none. */
  async stopPod(): Promise<void> {
    const config = this.watchdog.config;
    if (config !== null) await this.#powerOver(config)?.stop();
  }

  #powerOver({ pod }: WatchdogConfig): PodPower | null {
    if (pod == null) return null;
    return new PodPower({ pod, clock: this.#clock, log: (level, text) => this.logs.append("agent", level, text), ...this.#options.podPower });
  }

  async stopAll(reason: string): Promise<void> {
    this.logs.append("agent", "info", `Everything is stopped: ${reason}.`);
    for (const name of STOP_ORDER) await this.#services[name].stop();
  }
}

/** Where a desktop sends things to, as in src/core/host/layout.ts: models, images of Milvus, backups. */
function arrivals(root: string, courseData: string): string[] {
  const images = join(root, "ai-mentor", "milvus");
  return [join(root, "models"), join(courseData, "backups", "incoming"), ...namesIn(images).filter((name) => name.endsWith(".oci")).map((name) => join(images, name))];
}
