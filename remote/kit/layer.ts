import { createHash } from "node:crypto";
import { lstat, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, posix, relative, sep } from "node:path";
import type { KitLayer, KitLayerName } from "../../src/contract/kit.ts";
import { sha256, verifyLayer, type LayerList } from "./verify.ts";

/** Lists what lies in `folder` as its `layer.json` and returns the layer. The folder holds regular files only. */
export async function sealLayer(name: KitLayerName, folder: string): Promise<string> {
  await rm(join(folder, "layer.json"), { force: true });
  const files: LayerList["files"] = [];
  for (const path of await walk(folder)) {
    const { size, mode } = await stat(join(folder, path));
    // Windows knows no executable bit; what must have it is in a folder named bin.
    const executable = process.platform === "win32" ? /(^|\/)bin\//.test(path) : (mode & 0o100) !== 0;
    files.push({ path, bytes: size, sha256: await sha256(join(folder, path)), executable });
  }
  const hash = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 32);
  await writeFile(join(folder, "layer.json"), JSON.stringify({ name, hash, files } satisfies LayerList));
  return hash;
}

/** Takes a sealed layer from its folder; null when it is not there or not whole (by its files' sizes). */
export async function openLayer(name: KitLayerName, folder: string): Promise<KitLayer | null> {
  if ((await verifyLayer(folder, false)).length > 0) return null;
  const { hash, files } = JSON.parse(await readFile(join(folder, "layer.json"), "utf8")) as LayerList;
  return { name, hash, folder, files: files.length, bytes: files.reduce((sum, file) => sum + file.bytes, 0), archive: null };
}

/** Paths of all regular files, with `/`, sorted by code point. */
export async function walk(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // npm's links to programs: nothing of ours starts them.
    if (entry.isDirectory() || entry.parentPath.split(sep).includes(".bin")) continue;
    if (!(await lstat(path)).isFile()) throw new Error(`${path} is no regular file.`);
    found.push(relative(folder, path).split(sep).join(posix.sep));
  }
  return found.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
