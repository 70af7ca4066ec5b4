import type { BackupProgress, CourseState, HostExport, HostRestored, RestoreOrder } from "../../contract/backup.ts";

/** The host's half of backups, as `src/contract/backup.ts` names its calls. Every call rejects with a MentorError. */
export interface CourseStore {
  state(signal: AbortSignal): Promise<CourseState>;
  /** A proven export, ready to be fetched; null where there is no course yet. */
  export(signal: AbortSignal, onProgress: (progress: BackupProgress) => void): Promise<HostExport | null>;
  /** The bytes of one of its files from `offset` on. */
  read(id: string, name: string, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  removeExport(id: string): Promise<void>;
  /** Brings a file of a backup to the host, where `restore` finds it; what has arrived is not sent again. */
  send(id: string, name: string, path: string, signal: AbortSignal, onBytes: (done: number) => void): Promise<void>;
  restore(order: RestoreOrder, signal: AbortSignal, onProgress: (progress: BackupProgress) => void): Promise<HostRestored>;
  undo(signal: AbortSignal, onProgress: (progress: BackupProgress) => void): Promise<HostRestored>;
}
