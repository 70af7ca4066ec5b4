import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";

/** Says that a folder is in use; a sweep counts from here. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now);
}

/** Removes what lies in a folder of the cache and was not used for `maxAgeMs`: old versions, and what a killed build left. */
export async function sweep(folder: string, maxAgeMs = 14 * 86_400_000): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > maxAgeMs) await rm(path, { recursive: true, force: true });
  }
}
