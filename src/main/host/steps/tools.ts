import type { Clock, HostConnector, LogSink, Secrets } from "../../../core/ports.ts";

/** What the steps of every session are built from. */
export interface StepTools {
  dataFolder: string;
  cacheFolder: string;
  clock: Clock;
  secrets: Secrets;
  /** Where the services' own lines go. */
  log: LogSink;
  /** Makes a secret known that no log line may show. */
  redact(secret: string): void;
  /** One for each kind of host. */
  connectors: { local: HostConnector; ssh: HostConnector };
}
