import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Two set-ups of one clone would install over each other: the second waits for the first. The mark
 * lies outside the clone, since an installation empties node_modules.
 * @template T @param {string} root @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function oneAtATime(root, work) {
  const mark = join(tmpdir(), `ai-mentor-setup-${createHash("sha256").update(root).digest("hex").slice(0, 16)}`);
  while (!take(mark)) await new Promise((resolve) => setTimeout(resolve, 300));
  const free = () => rmSync(mark, { recursive: true, force: true });
  process.once("exit", free);
  try {
    return await work();
  } finally {
    process.off("exit", free);
    free();
  }
}

function take(mark) {
  try {
    mkdirSync(mark);
    writeFileSync(join(mark, "pid"), String(process.pid));
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!isAlive(mark)) rmSync(mark, { recursive: true, force: true });
    return false;
  }
}

function isAlive(mark) {
  try {
    process.kill(Number(readFileSync(join(mark, "pid"), "utf8")), 0);
    return true;
  } catch (error) {
    // No pid yet: whoever made the mark is about to write it.
    return error.code === "EPERM" || error.code === "ENOENT";
  }
}
