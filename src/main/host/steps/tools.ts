import type { Clock, HostConnector, LogSink, Secrets } from "../../../core/ports.ts";
import type { BackupPassphrase } from "../backups/passphrase.ts";
import type { SettingsStore } from "../settings-store.ts";

/** What the steps of every session are built from. */
export interface StepTools {
  dataFolder: string;
  cacheFolder: string;
  clock: Clock;
  secrets: Secrets;
  settings: SettingsStore;
  passphrases: BackupPassphrase;
  /** Where the services' own lines go. */
  log: LogSink;
  /** Makes a secret known that no log line may show. */
  redact(secret: string): void;
  /** One for each kind of host. */
  connectors: { local: HostConnector; ssh: HostConnector };
}
