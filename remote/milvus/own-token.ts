import { randomBytes } from "node:crypto";
import { mkdir, open, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * The token of a server of ours, in a file beside its data that only this account can read; made at
 * the first start. It never leaves the host, and the next session on the same data finds it.
 */
export async function ownToken(file: string): Promise<string> {
  const kept = await readToken(file);
  if (kept !== null) return kept;
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // Longer passwords are refused by some versions.
  const token = `root:${randomBytes(24).toString("base64url")}`;
  try {
    const handle = await open(file, "wx", 0o600);
    try {
      await handle.writeFile(`${token}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    return token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    // Whoever was first may still be writing it.
    for (let tries = 0; tries < 50; tries++, await sleep(20)) {
      const theirs = await readToken(file);
      if (theirs !== null) return theirs;
    }
    return token;
  }
}

/** null when there is none yet. */
async function readToken(file: string): Promise<string | null> {
  try {
    return (await readFile(file, "utf8")).trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
