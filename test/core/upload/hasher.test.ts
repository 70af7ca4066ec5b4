import { createHash } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { openHasher } from "../../../src/core/upload/hasher.ts";
import { seededBytes } from "../../parts/seeded.ts";

const sha256 = (...parts: Uint8Array[]) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest("hex");

/** The bytes, in memory that threads share. */
function shared(bytes: Buffer): Buffer {
  const buffer = Buffer.from(new SharedArrayBuffer(bytes.length));
  bytes.copy(buffer);
  return buffer;
}

const BIG = 2 ** 30;
const chunks = [1, 2, 3].map((seed) => shared(seededBytes(seed, 1_000 * seed)));

test.each([
  ["in the same thread", 1, undefined],
  ["in a thread of its own", BIG, undefined],
  ["where no thread can be started", BIG, new URL("file:///nowhere/hash-worker.ts")],
])("hashes chunks, and the whole of those that go on, %s", async (_how, bytes, file) => {
  const hasher = openHasher(bytes, true, file);
  onTestFinished(() => hasher.close());
  const [first, second, third] = chunks as [Buffer, Buffer, Buffer];
  // The second is one that is read again: it is no part of the whole a second time.
  const hashes = Promise.all([hasher.chunk(first, true), hasher.chunk(first, false), hasher.chunk(second, true), hasher.chunk(third, true)]);
  expect(await hashes).toEqual([first, first, second, third].map((chunk) => sha256(chunk)));
  expect(await hasher.whole()).toBe(sha256(first, second, third));
});
