import { createHash } from "node:crypto";
import { z } from "zod";

/**
 * 512 KiB: even the slowest of many connections, at 0.4 MB/s on a lossy line, proves one in little
 * more than a second, so that a cut sends little again and no last chunk is waited for long, and
 * dozens of connections can each hold two in memory; big enough that hash, journal line and
 * acknowledgement cost nothing beside it (a 5 GB model has 9,788 chunks, 0.6 MB of hashes).
 */
export const CHUNK_BYTES = 512 * 2 ** 10;

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/**
 * What a file consists of. Made in the one read that also sends, kept on the stick, and then the
 * proof for every later session. All hashes are SHA-256 in lower-case hexadecimal.
 */
export const ChunkManifest = z
  .object({
    version: z.literal(1),
    bytes: z.number().int().nonnegative(),
    chunkBytes: z.number().int().positive(),
    /** One hash a chunk, in order; the last chunk may be shorter. An empty file has none. */
    chunks: z.array(Sha256),
    /** Hash of the chunks' raw hashes, one after the other: one word that stands for all of them. */
    root: Sha256,
    /** Hash of the whole file, the one that model publishers print. */
    sha256: Sha256,
  })
  .refine((manifest) => manifest.chunks.length === chunkCount(manifest.bytes, manifest.chunkBytes), "the number of chunks does not fit the size")
  .refine((manifest) => manifest.root === rootHash(manifest.chunks), "the root does not fit the chunks");
export type ChunkManifest = z.infer<typeof ChunkManifest>;

export const chunkCount = (bytes: number, chunkBytes: number): number => Math.ceil(bytes / chunkBytes);

/** Length in bytes of chunk `index`. */
export function chunkLength(index: number, bytes: number, chunkBytes: number): number {
  return Math.min(chunkBytes, bytes - index * chunkBytes);
}

export function rootHash(chunks: readonly string[]): string {
  const hash = createHash("sha256");
  for (const chunk of chunks) hash.update(chunk, "hex");
  return hash.digest("hex");
}
