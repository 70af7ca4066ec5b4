import { DatabaseSync } from "node:sqlite";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * One core per user: whoever holds this lock owns the session. The lock is SQLite's own file lock,
 * because the operating system releases it at the very moment its process dies, on every platform;
 * a lock file with a process id in it would have to be guessed stale. Nothing is stored in the file.
 */
export interface CoreLock {
  release(): void;
}

/** A handle that nobody refers to is closed by the garbage collector, and its lock with it. */
const held = new Set<DatabaseSync>();

/** null when another live process holds the lock. Throws where the folder cannot be written. */
export function takeCoreLock(dataFolder: string): CoreLock | null {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const file = join(dataFolder, "core.lock");
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    chmodSync(file, 0o600);
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && /locked|busy/.test(error.message)) return null;
    throw error;
  }
  held.add(database);
  return {
    release: () => {
      held.delete(database);
      database.close();
    },
  };
}
