import type { ServiceConfigs, ServiceName } from "../../src/contract/agent.ts";
import type { MentorError } from "../../src/contract/errors.ts";
import type { Clock } from "./clock.ts";
import type { Liveness } from "./liveness.ts";

/** How one service is started, asked whether it is ready, and stopped. */
export interface Launcher<Name extends ServiceName> {
  name: Name;
  /** For messages: "the LLM server". */
  title: string;
  argv(config: ServiceConfigs[Name], configFile: string): string[];
  environment?(config: ServiceConfigs[Name]): Record<string, string>;
  /** A real call to the service that costs it next to nothing. False or a rejection: not yet. */
  probe(config: ServiceConfigs[Name], key: string, signal: AbortSignal): Promise<boolean>;
  /** Whether a process of the one configuration does all that the other asks for: it is left alone then. */
  does?(config: ServiceConfigs[Name], wanted: ServiceConfigs[Name]): boolean;
  /** The call that brings a process that is ready from one configuration to another; it is waited for then as after a start. null, and false or a rejection from the call: it is ended and started anew. */
  change?(from: ServiceConfigs[Name], to: ServiceConfigs[Name]): Launcher<Name>["probe"] | null;
  /** Taken before the first process and let go after the last, whatever becomes of them. `lost`: end at once. */
  hold?(config: ServiceConfigs[Name], given: { clock: Clock; signal: AbortSignal; say(detail: string): void; lost(error: MentorError): void }): Promise<() => Promise<void>>;
  /** After each process: ends what it has made and that outlives it. */
  clear?(config: ServiceConfigs[Name]): Promise<void>;
  /** It runs, and was proven to do its work: removes what only other versions of it needed. `say`: for the log. */
  proven?(config: ServiceConfigs[Name], say: (text: string) => void): Promise<void>;
  stopSignal: NodeJS.Signals;
  /** From the polite signal to the hard one. */
  graceMs: number;
  /** Without any output, from the start to giving up waiting for readiness. */
  readyWithinMs: number;
  /** Once it is ready, by the same probe. */
  liveness: Liveness;
}

export type Launchers = { [Name in ServiceName]: Launcher<Name> };
