import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

const DAY_MS = 86_400_000;

/** Says that a file or folder is in use; a sweep counts from here. Once a day is enough: an archive that another core is just sending must not change. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  if (now.getTime() - (await stat(path)).mtimeMs < DAY_MS) return;
  await utimes(path, now, now);
}

/** Removes what lies in a folder of the cache and was not used for `maxAgeMs`: old versions, and what a killed build left. */
export async function sweep(folder: string, maxAgeMs = 14 * DAY_MS): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > maxAgeMs) await rm(path, { recursive: true, force: true });
  }
}
