import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/** Folders that systems put on every volume, and that hold nothing of the person's. */
const SYSTEM_FOLDERS = new Set(["system volume information", "$recycle.bin", "lost+found", "found.000", "node_modules"]);

/** A stick that is somebody's whole backup must not keep the window waiting. */
const MAX_ENTRIES = 50_000;


/**
 * All visible files under `root`, at most `depth` folders deep (1: only its own), sorted by path.
 * Links to folders are not followed, so that a loop has no end to reach; links to files are.
 * A folder that cannot be read is passed over, except `root` itself.
 *
 * @throws NodeJS.ErrnoException when `root` cannot be read
 */
export async function walk(root: string, depth: number, signal?: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  const queue: { folder: string; level: number }[] = [{ folder: "", level: 1 }];
  let seen = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    signal?.throwIfAborted();
    const { folder, level } = next;
    for (const entry of await entriesOf(join(root, folder), folder === "")) {
      seen += 1;
      if (seen > MAX_ENTRIES) return files.sort(compare);
      if (entry.name.startsWith(".")) continue;
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (level < depth && !SYSTEM_FOLDERS.has(entry.name.toLowerCase())) queue.push({ folder: path, level: level + 1 });
      } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(root, path))))) {
        files.push(path);
      }
    }
  }
  return files.sort(compare);
}

async function entriesOf(folder: string, isRoot: boolean): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isRoot) throw error;
    return [];
  }
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
