import { readdirSync, readFileSync } from "node:fs";
import { lstat, readdir, realpath, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { MilvusServiceConfig } from "../../src/contract/agent.ts";
import { mayBeHeld } from "./store-lock.ts";

/** Of an image: its mark, and an ending where it is what the image comes in, or what a killed unpacking has left. */
const NAME = /^([0-9a-f]{12})(\.oci|\.\w{6})?$/;
/** What an image of Milvus has, and nothing else that may lie there. */
const PROGRAM = "milvus/bin/milvus";
/** What is not whole may be on its way still. Milliseconds. */
const LEFT_ALONE_MS = 86_400_000;

/**
 * Removes the unpacked images of other versions than the one that runs: a gigabyte or two each, which
 * the host or the stick can bring again. Their courses stay. An image is kept while a program of this
 * machine runs from it, or while another machine may hold its store (a network volume).
 *
 * @param say once for each that was removed
 */
export async function removeOtherImages({ image, dataDir }: Pick<MilvusServiceConfig, "image" | "dataDir">, say: (text: string) => void): Promise<void> {
  if (image === undefined) return;
  const [mark, images] = [basename(image.folder), dirname(image.folder)];
  // Data and images go by the same mark (src/core/host/milvus-place.ts).
  if (!dataDir.endsWith(mark)) return;
  for (const name of await readdir(images)) {
    const [, other, ending] = NAME.exec(name) ?? [];
    const folder = join(images, name);
    if (other === undefined || name === mark || !(await isOurs(folder, ending !== undefined))) continue;
    if ((await runsFrom(folder)) || (await mayBeHeld(`${dataDir.slice(0, -mark.length)}${other}.lock`))) continue;
    await rm(folder, { recursive: true, force: true });
    say(`The Milvus image ${name} was removed: ${mark} runs instead. A course that was kept with it stays.`);
  }
}

async function isOurs(folder: string, partial: boolean): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  if (!found?.isDirectory()) return false;
  return partial ? Date.now() - found.mtimeMs > LEFT_ALONE_MS : stat(join(folder, PROGRAM)).then((program) => program.isFile(), () => false);
}

/** Whether a process of this machine was started from the folder: its loader and its libraries stand in its command. */
async function runsFrom(folder: string): Promise<boolean> {
  const places = [`${folder}/`, `${await realpath(folder)}/`];
  return readdirSync("/proc").some((entry) => {
    if (!/^\d+$/.test(entry)) return false;
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8");
      return places.some((place) => command.includes(place));
    } catch {
      return false; // it ended meanwhile
    }
  });
}
