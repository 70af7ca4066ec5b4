import { createHash, randomInt, randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import { withFileSource } from "../model/byte-source.ts";
import { ChunkManifest, chunkCount, chunkLength } from "../upload/manifest.ts";

/**
 * The record of a model's hashes that the first upload leaves, so that no later session reads the
 * whole file before it starts. It lies beside the model on the stick; where the stick cannot be
 * written, in the user's data folder.
 */
const KeptManifest = z.object({
  version: z.literal(1),
  /** Name of the file, without its folder. */
  file: z.string(),
  mtimeMs: z.number(),
  manifest: ChunkManifest,
});
type KeptManifest = z.infer<typeof KeptManifest>;

/** FAT keeps times in steps of two seconds. */
const MTIME_STEP_MS = 2_000;
/** Besides the first and the last chunk; 4 × 8 MiB take under a second from a slow stick. */
const RANDOM_SAMPLES = 2;
/** A manifest of a 500 GB model; anything larger is not one of ours. */
const MAX_RECORD_BYTES = 8 * 2 ** 20;

/**
 * The kept manifest of `file` (absolute); null when there is none that counts. It counts while the
 * file's size and time are those of the record and its first, last and two random chunks have the
 * recorded hashes.
 */
export async function loadKeptManifest(file: string, dataFolder: string, signal?: AbortSignal): Promise<ChunkManifest | null> {
  const found = await stat(file).catch(() => null);
  if (found === null) return null;
  for (const place of [besideModel(file), onComputer(file, found.size, dataFolder)]) {
    const kept = await readRecord(place);
    if (kept === null || kept.file !== basename(file) || kept.manifest.bytes !== found.size) continue;
    if (Math.abs(kept.mtimeMs - found.mtimeMs) > MTIME_STEP_MS) continue;
    const matches = await samplesMatch(file, kept.manifest, signal).catch(() => false);
    signal?.throwIfAborted();
    // A file that cannot be read has no use for its hashes: whoever reads it next says what is wrong.
    if (matches) return kept.manifest;
  }
  return null;
}

/**
 * Keeps what an upload has read and proven of `file` (absolute). Does nothing when the file is no
 * longer the one that was read. Returns where the record lies; null when it was not kept.
 *
 * @param mtimeMs the file's time when its reading began
 */
export async function keepManifest(file: string, mtimeMs: number, manifest: ChunkManifest, dataFolder: string): Promise<string | null> {
  const found = await stat(file).catch(() => null);
  if (found === null || found.size !== manifest.bytes || Math.abs(found.mtimeMs - mtimeMs) > MTIME_STEP_MS) return null;
  const record: KeptManifest = { version: 1, file: basename(file), mtimeMs: found.mtimeMs, manifest };
  for (const place of [besideModel(file), onComputer(file, found.size, dataFolder)]) {
    if (await writeRecord(place, record)) return place;
  }
  return null;
}

function besideModel(file: string): string {
  return join(dirname(file), ".ai-mentor", `${basename(file)}.manifest.json`);
}

/** Named after what the file is, not where it is: a stick is not always mounted at the same place. */
function onComputer(file: string, bytes: number, dataFolder: string): string {
  const id = createHash("sha256").update(`${basename(file)}\0${bytes}`).digest("hex").slice(0, 24);
  return join(dataFolder, "manifests", `${id}.json`);
}

async function readRecord(place: string): Promise<KeptManifest | null> {
  try {
    if ((await stat(place)).size > MAX_RECORD_BYTES) return null;
    return KeptManifest.parse(JSON.parse(await readFile(place, "utf8")));
  } catch {
    // Missing, half-written or altered: all the same, the file is simply read again.
    return null;
  }
}

async function writeRecord(place: string, record: KeptManifest): Promise<boolean> {
  const temporary = `${place}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(place), { recursive: true });
    await writeFile(temporary, JSON.stringify(record), { flush: true });
    await rename(temporary, place);
    return true;
  } catch {
    await rm(temporary, { force: true }).catch(() => {});
    return false;
  }
}

async function samplesMatch(file: string, manifest: ChunkManifest, signal?: AbortSignal): Promise<boolean> {
  const count = chunkCount(manifest.bytes, manifest.chunkBytes);
  if (count === 0) return true;
  const samples = new Set([0, count - 1]);
  for (let sample = 0; sample < RANDOM_SAMPLES; sample++) samples.add(randomInt(count));
  return await withFileSource(file, async (source) => {
    for (const index of samples) {
      signal?.throwIfAborted();
      const bytes = await source.read(index * manifest.chunkBytes, chunkLength(index, manifest.bytes, manifest.chunkBytes));
      if (createHash("sha256").update(bytes).digest("hex") !== manifest.chunks[index]) return false;
    }
    return true;
  });
}
