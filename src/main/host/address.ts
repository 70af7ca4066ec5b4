import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** How a client finds the running core. The token is a secret: the file has mode 0600. */
export interface CoreAddress {
  pid: number;
  port: number;
  token: string;
  version: string;
}

const FILE = "core.json";

export async function writeCoreAddress(dataFolder: string, address: CoreAddress): Promise<void> {
  const temporary = join(dataFolder, `${FILE}.${process.pid}`);
  await writeFile(temporary, JSON.stringify(address), { mode: 0o600 });
  await rename(temporary, join(dataFolder, FILE));
}

/** null when no core has left an address; it may still be a dead one's. */
export async function readCoreAddress(dataFolder: string): Promise<CoreAddress | null> {
  try {
    return JSON.parse(await readFile(join(dataFolder, FILE), "utf8")) as CoreAddress;
  } catch {
    return null;
  }
}

export async function removeCoreAddress(dataFolder: string): Promise<void> {
  await rm(join(dataFolder, FILE), { force: true });
}
