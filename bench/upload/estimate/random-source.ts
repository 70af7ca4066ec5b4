import { randomBytes } from "node:crypto";
import type { ChunkSource } from "../../../src/core/upload/source.ts";

/** Not a divisor of any chunk's size, so that no two chunks are the same. */
const PATTERN_BYTES = 67_108_859;

/** A file of so many random bytes that lies nowhere: a stick is not what is measured, and a disk need not hold it twice. */
export function randomSource(bytes: number): ChunkSource {
  const pattern = randomBytes(PATTERN_BYTES);
  return {
    name: "payload.bin",
    bytes,
    async read(into, offset) {
      for (let done = 0; done < into.length; ) done += pattern.copy(into, done, (offset + done) % PATTERN_BYTES);
    },
    async requireUnchanged() {},
    async close() {},
  };
}
