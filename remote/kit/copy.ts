import { constants } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { walk } from "./layer.ts";

/** Copies a folder's regular files for which `wanted` holds; paths given to it have `/`. */
export async function copyTree(from: string, to: string, wanted: (path: string) => boolean = () => true): Promise<void> {
  for (const path of await walk(from)) {
    if (!wanted(path)) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(from, path), join(to, path), constants.COPYFILE_FICLONE);
  }
}
