import { randomFillSync } from "node:crypto";
import { closeSync, copyFileSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { makePracticeStick } from "../../src/adapters/practice/stick.ts";
import { CHAT_MODEL } from "../../src/adapters/packages/pins.ts";
import { chatModel } from "../../test/parts/models.ts";

/**
 * The practice stick with a chat model of so many bytes: the small real one, and random bytes after its
 * last tensor. Engines refuse a tensor that they do not know, and do not look at what follows the last one.
 * So it is as big to send as it says, and answers. Returns the stick's path.
 */
export async function makePaddedStick(folder: string, cacheDir: string, bytes: number): Promise<string> {
  const stick = await makePracticeStick({ dataFolder: folder, cacheDir });
  // It may be another name of the cache's own file: a copy is changed, never that one.
  rmSync(join(stick, "model", CHAT_MODEL.file));
  const path = join(stick, "model", "padded.gguf");
  copyFileSync(await chatModel(), path);
  const piece = Buffer.alloc(16 * 2 ** 20);
  const file = openSync(path, "a");
  try {
    for (let left = bytes - statSync(path).size; left > 0; left -= piece.length) writeSync(file, randomFillSync(piece), 0, Math.min(piece.length, left));
  } finally {
    closeSync(file);
  }
  return stick;
}
