import { createHash, type Hash } from "node:crypto";
import { open } from "node:fs/promises";
import type { BackupFile } from "../../contract/backup.ts";
import { MentorError } from "../../contract/errors.ts";
import type { Clock } from "../ports.ts";
import { chunksOf } from "./disk.ts";

/** Pauses after a lost line, in milliseconds; the count begins again whenever bytes have come. */
const PAUSES = [500, 1_000, 2_000, 5_000, 10_000, 15_000];

export interface FetchOptions {
  /** The bytes from `offset` on. */
  read(offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  file: BackupFile;
  /** Written here; what an earlier try left is kept as far as it goes. */
  path: string;
  clock: Clock;
  signal: AbortSignal;
  /** Bytes that are there. */
  onBytes(done: number): void;
}

/**
 * Fetches a file and proves it by its hash; a lost line is taken up again where it was cut. The file is
 * on the disk when this resolves.
 *
 * @throws MentorError host-lost, upload-corrupt; and what the disk throws
 */
export async function fetchFile(options: FetchOptions): Promise<void> {
  const { file, path, signal, onBytes } = options;
  for (const lastTry of [false, true]) {
    const earlier = lastTry ? null : await earlierTry(path, file, signal);
    const [have, hash] = earlier ?? [0, createHash("sha256")];
    onBytes(have);
    await append(options, have, hash);
    if (hash.digest("hex") === file.sha256) return;
  }
  throw new MentorError("upload-corrupt", `${file.name} arrived with other bytes than the host has.`, { kept: "The course on the host is kept, and so are the backups before." });
}

/** How much of an earlier try can be gone on with, and its hash so far; null where there is none. */
async function earlierTry(path: string, { bytes }: BackupFile, signal: AbortSignal): Promise<[number, Hash] | null> {
  const hash = createHash("sha256");
  let have = 0;
  try {
    for await (const chunk of chunksOf(path, signal)) {
      hash.update(chunk);
      have += chunk.length;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return have > bytes ? null : [have, hash];
}

async function append({ read, file, path, clock, signal, onBytes }: FetchOptions, from: number, hash: Hash): Promise<void> {
  const target = await open(path, from === 0 ? "w" : "r+", 0o600);
  try {
    await target.truncate(from);
    let have = from;
    let pauses = 0;
    while (have < file.bytes) {
      try {
        for await (const bytes of read(have, signal)) {
          if (have + bytes.length > file.bytes) throw new MentorError("upload-corrupt", `${file.name} is longer on the host than it was.`);
          for (let written = 0; written < bytes.length; ) written += (await target.write(bytes, written, bytes.length - written, have + written)).bytesWritten;
          hash.update(bytes);
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
    await target.sync();
  } finally {
    await target.close();
  }
}
