import { rename, rm, stat } from "node:fs/promises";
import { STORE_ASIDE } from "../../src/contract/agent.ts";

/** Puts the course store's folder back that was put aside for a copy which nobody has proven. Nothing may have it open. Returns whether there was one. */
export async function putBackStore(dataDir: string): Promise<boolean> {
  const aside = dataDir + STORE_ASIDE;
  if ((await stat(aside).catch(() => null)) === null) return false;
  await rm(dataDir, { recursive: true, force: true });
  await rename(aside, dataDir);
  return true;
}
