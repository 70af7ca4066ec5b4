import { open, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { MentorError, type ErrorCode } from "../../../src/contract/errors.ts";
import { withFileSource } from "../../../src/core/model/byte-source.ts";
import { readGguf } from "../../../src/core/model/gguf.ts";
import { modelHeader } from "../../../src/core/model/header.ts";
import { memorySource, tensor, tinyGguf } from "../../parts/gguf.ts";
import { chatModel, embeddingModel } from "../../parts/models.ts";

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | "no error"> {
  return await work.then(
    () => "no error" as const,
    (error: unknown) => {
      if (error instanceof MentorError) return error.code;
      throw error;
    },
  );
}

const read = (bytes: Uint8Array, size?: number) => readGguf(memorySource(bytes, size), "model.gguf");
const headerOf = async (bytes: Uint8Array) => modelHeader([await read(bytes)], "model.gguf");

test("a real chat model's header says what it is, and its weights are not read", async () => {
  const path = await chatModel();
  let bytesRead = 0;
  const gguf = await withFileSource(path, (source) =>
    readGguf({ size: source.size, read: async (position, length) => ((bytesRead += length), await source.read(position, length)) }, "smol.gguf"),
  );
  const header = modelHeader([gguf], "smol.gguf");
  expect(header).toMatchObject({ architecture: "llama", quantisation: "Q4_1", parameters: 134_515_008, contextTokens: 8192, layers: 30, embeddingLength: 576, headCount: 9, headCountKv: 3, kvBytesPerToken: 23_040, purpose: "chat" });
  expect(header.chatTemplate).toContain("<|im_start|>");
  expect(gguf.expectedBytes).toBe((await stat(path)).size);
  expect(bytesRead).toBeLessThan(4 * 2 ** 20);
});

test("a real embedding model is told from a chat model", async () => {
  const gguf = await withFileSource(await embeddingModel(), (source) => readGguf(source, "minilm.gguf"));
  expect(modelHeader([gguf], "minilm.gguf")).toMatchObject({ architecture: "bert", purpose: "embedding", quantisation: "F16", embeddingLength: 384, contextTokens: 512 });
});

test("a real model that is cut anywhere is found to be cut short", async () => {
  const path = await chatModel();
  const { size } = await stat(path);
  const file = await open(path);
  const start = Buffer.alloc(4 * 2 ** 20);
  await file.read(start, 0, start.length, 0);
  await file.close();
  for (const length of [size - 1, Math.floor(size / 2), 3_000_000]) expect(await codeOf(read(start, length))).toBe("model-truncated");
  for (const length of [1_000_000, 4_096, 64, 20, 5]) expect(await codeOf(read(start.subarray(0, length)))).toBe("model-truncated");
});

test.each([
  ["empty", "", "it is empty"],
  ["a web page", "<!DOCTYPE html><html>Sign in</html>", "web page"],
  ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00", "LFS pointer"],
  ["zeros", "\0".repeat(500), "zeros"],
  ["the older format", "tjgg\x01\x00\x00\x00", "older GGML"],
  ["a document", "%PDF-1.7 and so on", "GGUF"],
])("%s is no model, and the message says what it is instead", async (_, content, words) => {
  await expect(read(Buffer.from(content, "latin1"))).rejects.toMatchObject({ code: "model-not-gguf", message: expect.stringContaining(words) });
});

test("other versions of the format are named, not misread", async () => {
  for (const [version, words] of [[1, "version 1"], [99, "version 99"], [0x03000000, "big-endian"]] as const) {
    const bytes = tinyGguf();
    bytes.writeUInt32LE(version, 4);
    await expect(read(bytes)).rejects.toMatchObject({ code: "model-unsupported", message: expect.stringContaining(words) });
  }
  const second = tinyGguf();
  second.writeUInt32LE(2, 4);
  expect((await headerOf(second)).architecture).toBe("llama");
});

test("the cache of one token is counted over layers, also where they differ", async () => {
  expect((await headerOf(tinyGguf())).kvBytesPerToken).toBe(2 * 2 * (8 + 8) * 2);
  const uneven = tinyGguf({ metadata: { "llama.attention.head_count_kv": { type: "i32s", value: [4, 0] } } });
  expect(await headerOf(uneven)).toMatchObject({ kvBytesPerToken: 4 * (8 + 8) * 2, headCountKv: 4 });
  const wide = tinyGguf({ metadata: { "llama.attention.key_length": { type: "u32", value: 128 }, "llama.attention.value_length": { type: "u32", value: 128 } } });
  expect((await headerOf(wide)).kvBytesPerToken).toBe(2 * 2 * 256 * 2);
});

test("purpose follows from architecture, pooling and template", async () => {
  expect((await headerOf(tinyGguf({ chatTemplate: null }))).purpose).toBe("base");
  expect((await headerOf(tinyGguf({ architecture: "nomic-bert" }))).purpose).toBe("embedding");
  expect((await headerOf(tinyGguf({ architecture: "qwen3", metadata: { "qwen3.pooling_type": { type: "u32", value: 3 } } }))).purpose).toBe("embedding");
});

test("an architecture that the engine cannot run is refused by name", async () => {
  await expect(headerOf(tinyGguf({ architecture: "llama9000" }))).rejects.toMatchObject({ code: "model-unsupported", message: expect.stringContaining("llama9000") });
  await expect(headerOf(tinyGguf({ architecture: "clip" }))).rejects.toMatchObject({ code: "model-unsupported", message: expect.stringContaining("pictures") });
});

test("a model without a usable name is called after its file", async () => {
  expect((await headerOf(tinyGguf({ name: "  " }))).name).toBe("model");
});

/** Where a value of the metadata begins in the file. */
function valueOf(bytes: Buffer, key: string): number {
  return bytes.indexOf(key) + key.length + 4;
}

test.each<[string, (bytes: Buffer) => void]>([
  ["tensors", (bytes) => bytes.writeBigUInt64LE(2n ** 40n, 8)],
  ["tensors beyond numbers", (bytes) => bytes.writeBigUInt64LE(2n ** 64n - 1n, 8)],
  ["metadata entries", (bytes) => bytes.writeBigUInt64LE(2n ** 33n, 16)],
  ["a key's length", (bytes) => bytes.writeBigUInt64LE(2n ** 32n, 24)],
  ["a list's length", (bytes) => bytes.writeBigUInt64LE(2n ** 62n, valueOf(bytes, "tokenizer.ggml.tokens") + 4)],
  ["a list of lists", (bytes) => bytes.writeUInt32LE(9, valueOf(bytes, "tokenizer.ggml.tokens"))],
  ["an unknown type", (bytes) => bytes.writeUInt32LE(77, valueOf(bytes, "general.file_type") - 4)],
  ["a tensor's dimensions", (bytes) => bytes.writeUInt32LE(1_000_000, valueOf(bytes, "token_embd.weight") - 4)],
  ["a tensor's size", (bytes) => bytes.writeBigUInt64LE(2n ** 60n, valueOf(bytes, "token_embd.weight"))],
  ["a tensor's place", (bytes) => bytes.writeBigUInt64LE(2n ** 60n, valueOf(bytes, "token_embd.weight") + 20)],
])("a header that lies about %s is refused after a few blocks", async (_, spoil) => {
  const bytes = tinyGguf();
  spoil(bytes);
  // The file claims to be huge, so that only the header's own limits can stop the reading.
  const source = memorySource(bytes, 2 ** 45);
  expect(await codeOf(readGguf(source, "model.gguf"))).toMatch(/^model-(not-gguf|truncated)$/);
  expect(source.bytesRead).toBeLessThan(2 ** 20);
});

test.each([
  [2_000_000, "no error"],
  [2_000_001, "model-not-gguf"],
] as const)("a list of %i empty texts costs a bounded number of reads", async (count, outcome) => {
  const bytes = tinyGguf();
  const list = valueOf(bytes, "tokenizer.ggml.tokens");
  bytes.writeBigUInt64LE(BigInt(count), list + 4);
  bytes.writeBigUInt64LE(0n, 8);
  bytes.writeBigUInt64LE(9n, 16);
  let reads = 0;
  const endless = {
    size: 2 ** 50,
    read: (position: number, length: number) => {
      reads += 1;
      const block = Buffer.alloc(length);
      if (position < list) bytes.copy(block, 0, position, list + 12);
      return Promise.resolve(block);
    },
  };
  expect(await codeOf(readGguf(endless, "model.gguf"))).toBe(outcome);
  expect(reads).toBeLessThan(100);
});

test("a tensor of a type that the engine does not know is refused", async () => {
  await expect(read(tinyGguf({ tensors: [{ ...tensor("blk.0.odd"), ggmlType: 36 }] }))).rejects.toMatchObject({ code: "model-unsupported", message: expect.stringContaining("blk.0.odd") });
});

/** mulberry32: the same seed gives the same run anywhere. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test.each([1, 2, 3, 4, 5])("hundreds of altered headers end in an answer or a plain error (seed %i)", async (seed) => {
  const random = seeded(seed);
  const whole = tinyGguf({ tensors: [tensor("a"), tensor("b", 32), tensor("c")] });
  const extremes = [0n, 1n, 0x7fn, 0xffn, 0xffffffffn, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
  for (let round = 0; round < 200; round++) {
    const bytes = Buffer.from(whole.subarray(0, random(4) === 0 ? random(whole.length) : whole.length));
    for (let change = random(4); change >= 0 && bytes.length > 16; change--) {
      const at = 4 + random(bytes.length - 12);
      if (random(2) === 0) bytes[at] = random(256);
      else bytes.writeBigUInt64LE(extremes[random(extremes.length)]!, at);
    }
    const source = memorySource(bytes, random(3) === 0 ? 2 ** 44 : bytes.length);
    await codeOf(readGguf(source, "model.gguf").then((gguf) => modelHeader([gguf], "model.gguf")));
    expect(source.bytesRead).toBeLessThan(2 ** 20);
  }
});
