import type {
  BackupCreateEvent,
  BackupCreateRequest,
  BackupList,
  BackupPruned,
  BackupRestoreEvent,
  BackupRestoreRequest,
  BackupVerifyEvent,
  BackupVerifyRequest,
} from "../../../contract/backup.ts";

/** What the router offers of backups. */
export interface Backups {
  list(where?: { folder?: string; stick?: string }): Promise<BackupList>;
  create(request: BackupCreateRequest, signal: AbortSignal): AsyncGenerator<BackupCreateEvent>;
  verify(request: BackupVerifyRequest, signal: AbortSignal): AsyncGenerator<BackupVerifyEvent>;
  restore(request: BackupRestoreRequest, signal: AbortSignal): AsyncGenerator<BackupRestoreEvent>;
  undoRestore(signal: AbortSignal): AsyncGenerator<BackupRestoreEvent>;
  prune(where?: { folder?: string; stick?: string; dryRun?: boolean }): Promise<BackupPruned>;
  remove(path: string): Promise<void>;
  passphrase(): Promise<{ kept: boolean }>;
  keepPassphrase(passphrase: string | null): Promise<void>;
}
