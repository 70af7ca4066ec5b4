import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock, type Clock } from "./clock.ts";
import { identify, isSame, type ProcessIdentity } from "./process-identity.ts";

const LOOK_EVERY_MS = 50;

/**
 * A turn is a folder at `path` that holds one empty file, named after the process that has it. The
 * folder is made beside and moved there, which succeeds for one process only, since a folder that
 * holds something is never replaced. What the dead leave is removed by their name: whoever judged
 * slowly cannot remove a turn that another has taken meanwhile. No file lock of the system is asked
 * for: not every network disk that a host may work on has them.
 *
 * @returns what ends the turn; null when it did not come within `patienceMs`
 */
export async function takeTurn(path: string, patienceMs: number, clock: Clock = systemClock): Promise<(() => void) | null> {
  const until = clock.now() + patienceMs;
  const name = nameOf(identify(process.pid)!);
  for (;;) {
    if (isFree(path) && moveIn(path, name)) return () => leave(path, name);
    if (clock.now() >= until) return null;
    await clock.sleep(LOOK_EVERY_MS);
  }
}

/** Removes the dead first. */
function isFree(path: string): boolean {
  const holders = holdersOf(path);
  const living = holders.filter((name) => isSame(identityOf(name)));
  for (const name of holders) if (!living.includes(name)) leave(path, name);
  return living.length === 0;
}

function moveIn(path: string, name: string): boolean {
  const beside = `${path}.${name}`;
  mkdirSync(beside, { mode: 0o700 });
  try {
    writeFileSync(join(beside, name), "", { mode: 0o600 });
    renameSync(beside, path);
    return true;
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    if (!TAKEN.has((error as NodeJS.ErrnoException).code!)) throw error;
    removeEmpty(path);
    return false;
  }
}

/** What systems say when the folder to be replaced holds something; Windows also of an empty one. */
const TAKEN = new Set(["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"]);

function leave(path: string, name: string): void {
  rmSync(join(path, name), { force: true });
  removeEmpty(path);
}

function removeEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Taken by the next one, or gone.
  }
}

function holdersOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** A start time may hold colons and spaces. */
const nameOf = ({ pid, startedAt }: ProcessIdentity): string => `${pid}-${encodeURIComponent(startedAt)}`;

function identityOf(name: string): ProcessIdentity {
  const dash = name.indexOf("-");
  return { pid: Number(name.slice(0, dash)), startedAt: decodeURIComponent(name.slice(dash + 1)) };
}
