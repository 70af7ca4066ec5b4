import type { Clock } from "./clock.ts";
import type { LogStore } from "./log-store.ts";
import type { RestartPolicy } from "./restarts.ts";

/** What the services of one agent share. */
export interface ServiceContext {
  /** Folder for configurations and process records. */
  run: string;
  key: string;
  /** Random; in the environment of every process of this agent, so that they are known as its own. */
  token: string;
  /** Somebody uses a service. */
  onActivity(): void;
  logs: LogStore;
  restarts: RestartPolicy;
  clock: Clock;
}
