import type { BackupProgress } from "../../src/contract/backup.ts";

const EVERY_MS = 200;

/** Passes on at most five reports a second, and the first and last of each phase. */
export function sometimes(tell: (progress: BackupProgress) => void, now: () => number = Date.now): (progress: BackupProgress) => void {
  let next = 0;
  let phase = "";
  return (progress) => {
    if (progress.phase === phase && progress.done !== progress.total && now() < next) return;
    phase = progress.phase;
    next = now() + EVERY_MS;
    tell(progress);
  };
}
