import { randomBytes } from "node:crypto";
import type { AgentStatus, ServiceConfigs, ServiceName, WatchdogConfig } from "../../src/contract/agent.ts";
import { systemClock, type Clock } from "./clock.ts";
import type { AgentFolders } from "./folders.ts";
import type { Launchers } from "./launcher.ts";
import { LogStore } from "./log-store.ts";
import { RESTARTS, type RestartPolicy } from "./restarts.ts";
import { Service } from "./service.ts";
import { Watchdog } from "./watchdog.ts";

/** The order in which services are stopped: whoever uses another one goes first. */
const STOP_ORDER: readonly ServiceName[] = ["api", "llm", "milvus"];

export interface AgentOptions {
  folders: AgentFolders;
  key: string;
  version: string;
  kitHash: string;
  launchers: Launchers;
  restarts?: RestartPolicy;
  clock?: Clock;
}

/** Owns the services of one host for one session. Its HTTP side is server.ts. */
export class Agent {
  readonly logs: LogStore;
  readonly watchdog: Watchdog;
  readonly #services: { [Name in ServiceName]: Service<Name> };
  readonly #startedAt = new Date().toISOString();
  readonly #options: AgentOptions;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.logs = new LogStore(options.folders.logs);
    const clock = options.clock ?? systemClock;
    this.watchdog = new Watchdog(() => clock.now());
    const context = { run: options.folders.run, key: options.key, token: randomBytes(16).toString("hex"), logs: this.logs, restarts: options.restarts ?? RESTARTS, clock };
    const { llm, api, milvus } = options.launchers;
    this.#services = { llm: new Service(llm, context), api: new Service(api, context), milvus: new Service(milvus, context) };
  }

  status(): AgentStatus {
    const { version, kitHash } = this.#options;
    const services = [this.#services.milvus, this.#services.llm, this.#services.api].map((service) => service.status());
    return { pid: process.pid, version, kitHash, startedAt: this.#startedAt, services, watchdog: this.watchdog.status() };
  }

  start<Name extends ServiceName>(name: Name, config: ServiceConfigs[Name]): Promise<void> {
    return this.#services[name].start(config);
  }

  stop(name: ServiceName): Promise<void> {
    return this.#services[name].stop();
  }

  arm(config: WatchdogConfig): void {
    this.watchdog.arm(config);
    this.logs.append("agent", "info", `Safety timer: until ${config.deadlineAt ?? "no set time"}, silence of ${config.silenceSeconds ?? "any number of"} s allowed.`);
  }

  async stopAll(reason: string): Promise<void> {
    this.logs.append("agent", "info", `Everything is stopped: ${reason}.`);
    for (const name of STOP_ORDER) await this.#services[name].stop();
  }
}
