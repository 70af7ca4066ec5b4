import { createHash } from "node:crypto";
import type { UploadProgress } from "../../contract/upload.ts";
import type { Clock } from "../ports.ts";
import type { Destination, Survey, UploadLane } from "./lane.ts";
import { chunkCount, chunkLength, rootHash, type ChunkManifest } from "./manifest.ts";
import type { ChunkSource } from "./source.ts";
import { UploadMeter } from "./upload-meter.ts";

/** Chunks that are asked about at once: on a long line each question would cost a round trip. */
const QUESTIONS = 64;

export interface InPlaceOptions {
  /** Hashes from an earlier upload of the same file. */
  knownManifest?: ChunkManifest;
  clock: Clock;
  signal: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
}

/**
 * The manifest of the file when it stands at its destination already, proven chunk by chunk; null
 * when it does not. A file that we put there and nobody touched is not read again.
 */
export async function findInPlace(lane: UploadLane, survey: Survey, source: ChunkSource, { bytes, chunkBytes }: Destination, options: InPlaceOptions): Promise<ChunkManifest | null> {
  const { knownManifest: known, clock, signal, onProgress } = options;
  if (survey.finalBytes !== bytes) return null;
  if (known !== undefined && survey.proven?.root === known.root) return known;
  if (known !== undefined && survey.proven !== null) return null;

  let reading = false;
  const meter = new UploadMeter(clock, bytes, () => ({ lanes: [lane], reading, detail: `Comparing ${source.name} with the file on the host` }), onProgress);
  const whole = createHash("sha256");
  const chunks: string[] = [];
  const piece = Buffer.allocUnsafe(Math.min(bytes, chunkBytes));
  const count = chunkCount(bytes, chunkBytes);
  const answers: Promise<string | null>[] = [];
  const ask = (index: number) => {
    const answer = survey.proven === null ? lane.check("final", index * chunkBytes, chunkLength(index, bytes, chunkBytes)) : Promise.resolve(survey.chunks.get(index) ?? null);
    answer.catch(() => {}); // heard of below, unless reading fails first
    return answer;
  };
  for (let index = 0; index < count; index++) {
    signal.throwIfAborted();
    while (answers.length < Math.min(count, index + QUESTIONS)) answers.push(ask(answers.length));
    const length = chunkLength(index, bytes, chunkBytes);
    let own = known?.chunks[index];
    if (own === undefined) {
      const read = piece.subarray(0, length);
      reading = true;
      await source.read(read, index * chunkBytes);
      reading = false;
      whole.update(read);
      own = createHash("sha256").update(read).digest("hex");
    }
    if ((await answers[index]) !== own) return null;
    chunks.push(own);
    meter.proved(length);
  }
  await source.requireUnchanged();
  const manifest: ChunkManifest = known ?? { version: 1, bytes, chunkBytes, chunks, root: rootHash(chunks), sha256: whole.digest("hex") };
  await lane.finish(manifest, true);
  meter.report(true);
  return manifest;
}
