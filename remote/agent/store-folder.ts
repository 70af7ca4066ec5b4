import { access, rename, rm } from "node:fs/promises";

/**
 * The course store's folder, while a copy is tried in its place: what was there lies beside it under
 * this ending until the copy is proven (src/core/backup/store-exchange.ts), whatever happens meanwhile.
 */
const ASIDE = ".aside";

/** Puts the folder back that was put aside for a copy which nobody has proven. Nothing may have it open. Returns whether there was one. */
export async function putBackStore(dataDir: string): Promise<boolean> {
  if (!(await isThere(dataDir + ASIDE))) return false;
  await rm(dataDir, { recursive: true, force: true });
  await rename(dataDir + ASIDE, dataDir);
  return true;
}

const isThere = (path: string): Promise<boolean> => access(path).then(() => true, () => false);
