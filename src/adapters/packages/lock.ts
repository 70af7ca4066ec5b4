import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lock } from "proper-lockfile";

/** A holder refreshes its lock every 5 s; one that has not for 30 s is gone. */
const STALE_MS = 30_000;
const REFRESH_MS = 5_000;
const POLL_MS = 150;

/**
 * Runs `work` while no other process or task holds the lock of `path` (kept as `<path>.lock`).
 * The signal given to `work` also aborts when the lock is lost, for instance after the computer
 * slept: two writers must never share a file.
 */
export async function withLock<T>(path: string, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const lost = new AbortController();
  const release = await acquire(path, signal, () => lost.abort(new Error(`The lock of ${path} was lost.`)));
  try {
    return await work(signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]));
  } finally {
    // A lock that was lost belongs to somebody else now: its release fails, and that is right.
    await release().catch(() => {});
  }
}

/** What whoever builds or completes a kit in this cache has to hold. */
export const kitLock = (cacheFolder: string): string => join(cacheFolder, "kit", "build");

async function acquire(path: string, signal: AbortSignal | undefined, onLost: () => void): Promise<() => Promise<void>> {
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await lock(path, { realpath: false, stale: STALE_MS, update: REFRESH_MS, onCompromised: onLost });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ELOCKED") throw error;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}
