import type { Clock, HostConnector, LogSink, Provider, Secrets } from "../../../core/ports.ts";
import type { Reach } from "../../../core/rent/reach.ts";
import type { SentryTimes } from "../../../core/rent/sentry.ts";
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
  /** The provider, with the account's key from the secrets. Rejects with `provider-key-missing`. */
  account(): Promise<Provider>;
  /** The app's own key pair, which opens the machines that it rents. */
  appKey(): Promise<{ path: string; publicKey: string }>;
  /** For tests: another patience of the rented machine's first timer. */
  sentryTimes?: SentryTimes;
  /** Tries a TCP connection, to tell a closed network from a machine that is not up. */
  reach: Reach;
}
