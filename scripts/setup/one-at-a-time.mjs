import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LOOK_EVERY_MS = 300;

/** The mark of whoever sets a clone up. It lies outside the clone, since an installation empties node_modules. */
export const markOf = (root) => join(tmpdir(), `ai-mentor-setup-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`);

/**
 * Two set-ups of one clone would install over each other: the second waits for the first, and says
 * so once.
 * @template T @param {string} root @param {() => Promise<T>} work
 * @param {{ write(text: string): unknown }} [stream] @returns {Promise<T>}
 */
export async function oneAtATime(root, work, stream = process.stderr) {
  const mark = markOf(root);
  const me = nameOf(process.pid);
  for (let told = false; !take(mark, me); ) {
    const [holder] = holdersOf(mark);
    if (!told && holder !== undefined) {
      told = true;
      stream.write(`Another set-up of this folder (process ${Number.parseInt(holder, 10)}) is under way; waiting until it is done …\n`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const free = () => leave(mark, me);
  process.once("exit", free);
  try {
    return await work();
  } finally {
    process.off("exit", free);
    free();
  }
}

/**
 * The mark is a folder with one empty file, named after its process. It is made beside and moved
 * there whole, which succeeds for one process only, since a folder that holds something is never
 * replaced. What the dead left is removed by their name: never what another has put there meanwhile.
 */
function take(mark, me) {
  const holders = holdersOf(mark);
  for (const holder of holders) if (!isAlive(holder)) leave(mark, holder);
  if (holders.some(isAlive)) return false;
  const beside = `${mark}.${me}`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside);
  try {
    writeFileSync(join(beside, me), "");
    renameSync(beside, mark);
    return true;
  } catch (error) {
    rmSync(beside, { recursive: true, force: true });
    if (!TAKEN.includes(error.code)) throw error;
    removeEmpty(mark);
    return false;
  }
}

/** What systems say when the folder to be replaced holds something; Windows also of an empty one. */
const TAKEN = ["ENOTEMPTY", "EEXIST", "EPERM", "EACCES"];

function leave(mark, holder) {
  rmSync(join(mark, holder), { recursive: true, force: true });
  removeEmpty(mark);
}

function removeEmpty(mark) {
  try {
    rmdirSync(mark);
  } catch {
    // Taken by the next one, or gone.
  }
}

function holdersOf(mark) {
  try {
    return readdirSync(mark);
  } catch (error) {
    if (error.code === "ENOENT") return [];
    throw error;
  }
}

const isAlive = (holder) => nameOf(Number.parseInt(holder, 10)) === holder;

/** A process's number, where it can be told with its start: the same number is soon another's in a container. null when it is dead. */
function nameOf(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return null;
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? null : `${pid}-${rest[18]}`;
  } catch {
    return String(pid);
  }
}
