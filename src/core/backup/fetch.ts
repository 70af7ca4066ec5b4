import { createHash, type Hash } from "node:crypto";
import { open } from "node:fs/promises";
import type { BackupFile } from "../../contract/backup.ts";
import { MentorError } from "../../contract/errors.ts";
import type { Clock } from "../ports.ts";
import { chunksOf } from "./disk.ts";
import { encrypted } from "./encryption.ts";

/** Pauses after a lost line, in milliseconds; the count begins again whenever bytes have come. */
const PAUSES = [500, 1_000, 2_000, 5_000, 10_000, 15_000];

export interface FetchOptions {
  /** The bytes from `offset` on. */
  read(offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** As it is on the host. */
  file: BackupFile;
  /** Written here. */
  path: string;
  clock: Clock;
  signal: AbortSignal;
  /** Bytes of the host's file that have come. */
  onBytes(done: number): void;
}

/**
 * Fetches a file and proves it by its hash; a lost line is taken up again where it was cut, and what
 * an earlier try left is kept. The file is on the disk when this resolves.
 *
 * @throws MentorError host-lost, upload-corrupt; and what the disk throws
 */
export async function fetchFile(options: FetchOptions): Promise<void> {
  const { file, path, signal, onBytes } = options;
  for (const lastTry of [false, true]) {
    const earlier = lastTry ? null : await earlierTry(path, file, signal);
    const [have, hash] = earlier ?? [0, createHash("sha256")];
    onBytes(have);
    await write(path, have, hashing(bytesFrom(have, options), hash));
    if (hash.digest("hex") === file.sha256) return;
  }
  throw corrupt(file);
}

/** The same, encrypted on its way to the disk: no plain text ever lies there. Returns the file as it lies there. */
export async function fetchEncrypted(options: FetchOptions, recipient: string): Promise<Omit<BackupFile, "name">> {
  for (const lastTry of [false, true]) {
    const [plain, kept] = [createHash("sha256"), createHash("sha256")];
    const bytes = await write(options.path, 0, hashing(encrypted(hashing(bytesFrom(0, options), plain), recipient), kept));
    if (plain.digest("hex") === options.file.sha256) return { bytes, sha256: kept.digest("hex") };
    if (lastTry) break;
  }
  throw corrupt(options.file);
}

const corrupt = (file: BackupFile) => new MentorError("upload-corrupt", `${file.name} arrived with other bytes than the host has.`, { kept: "The course on the host is kept, and so are the backups before." });

/** How much of an earlier try can be gone on with, and its hash so far; null where it is something else. */
async function earlierTry(path: string, { bytes }: BackupFile, signal: AbortSignal): Promise<[number, Hash] | null> {
  const hash = createHash("sha256");
  let have = 0;
  try {
    for await (const chunk of chunksOf(path, signal)) {
      hash.update(chunk);
      have += chunk.length;
      if (have > bytes) return null;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return [have, hash];
}

/** The host's file from `from` on, whatever happens to the line. */
async function* bytesFrom(from: number, { read, file, clock, signal, onBytes }: FetchOptions): AsyncGenerator<Uint8Array> {
  let have = from;
  let pauses = 0;
  while (have < file.bytes) {
    try {
      for await (const bytes of read(have, signal)) {
        if (have + bytes.length > file.bytes) throw new MentorError("upload-corrupt", `${file.name} is longer on the host than it was.`);
        yield bytes;
        have += bytes.length;
        pauses = 0;
        onBytes(have);
      }
      if (have < file.bytes) throw new MentorError("host-lost", "The host broke off in the middle of the backup.");
    } catch (error) {
      const pause = PAUSES[pauses++];
      if (!(error instanceof MentorError) || error.code !== "host-lost" || pause === undefined) throw error;
      await clock.sleep(pause, signal);
    }
  }
}

async function* hashing(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** From `offset` on, and on the disk when this resolves. Returns the file's length. */
async function write(path: string, offset: number, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const target = await open(path, offset === 0 ? "w" : "r+", 0o600);
  try {
    await target.truncate(offset);
    let have = offset;
    for await (const chunk of chunks) {
      for (let written = 0; written < chunk.length; ) written += (await target.write(chunk, written, chunk.length - written, have + written)).bytesWritten;
      have += chunk.length;
    }
    await target.sync();
    return have;
  } finally {
    await target.close();
  }
}
