import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FileReceipt } from "../../src/contract/ingest.ts";
import { MentorError } from "../../src/contract/errors.ts";

/** A file that was not touched for this long has been given up by whoever sent it; a cut line is back sooner. */
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** Course files on their way in, kept under their hash: a name is never a path here. */
export class Inbox {
  readonly #folder: string;
  readonly #now: () => number;
  /** Hashes that are being written: two senders of one file must not mix their bytes. */
  readonly #writing = new Set<string>();

  /** `now`: milliseconds since the epoch. */
  constructor(folder: string, now: () => number = Date.now) {
    this.#folder = folder;
    this.#now = now;
  }

  /** Removes what was half sent, or never brought into the course, and given up. Returns how many files that were, and their bytes. */
  async clear(): Promise<{ files: number; bytes: number }> {
    const cleared = { files: 0, bytes: 0 };
    for (const name of await namesIn(this.#folder)) {
      if (!/^[0-9a-f]{64}(\.part)?$/.test(name)) continue;
      const path = join(this.#folder, name);
      const { size, mtimeMs } = await stat(path);
      if (this.#now() - mtimeMs < ABANDONED_AFTER_MS) continue;
      await rm(path, { force: true });
      cleared.files++;
      cleared.bytes += size;
    }
    return cleared;
  }

  /** Bytes of the file that have arrived, and whether it is whole. */
  async have(sha256: string): Promise<FileReceipt> {
    const whole = await sizeOf(this.#path(sha256));
    if (whole !== null) return { have: whole, complete: true };
    return { have: (await sizeOf(this.#part(sha256))) ?? 0, complete: false };
  }

  /**
   * Appends bytes from `offset` on. What arrived before a cut is kept for the next call.
   *
   * @param total bytes of the whole file
   * @throws MentorError upload-failed, upload-corrupt, disk-full
   */
  async receive(sha256: string, total: number, offset: number, body: AsyncIterable<Uint8Array>): Promise<FileReceipt> {
    if (this.#writing.has(sha256)) throw new MentorError("upload-failed", "This file is being received already.");
    this.#writing.add(sha256);
    try {
      const before = await this.have(sha256);
      if (before.complete) return before;
      if (offset !== before.have) throw new MentorError("upload-failed", `The host has ${before.have} bytes of this file; it cannot go on at ${offset}.`);
      const have = await this.#append(this.#part(sha256), offset, total, body);
      if (have < total) return { have, complete: false };
      await this.#prove(sha256);
      return { have, complete: true };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      throw new MentorError("disk-full", "The host's disk is full: the course file could not be kept.", { cause: error });
    } finally {
      this.#writing.delete(sha256);
    }
  }

  /** The whole file. @throws MentorError upload-failed when it never arrived */
  async read(sha256: string): Promise<Uint8Array> {
    try {
      return await readFile(this.#path(sha256));
    } catch (error) {
      throw new MentorError("upload-failed", "A course file has not arrived on the host.", { cause: error });
    }
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.#path(sha256), { force: true });
  }

  async #append(path: string, offset: number, total: number, body: AsyncIterable<Uint8Array>): Promise<number> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const file = await open(path, "a", 0o600);
    let have = offset;
    try {
      for await (const bytes of body) {
        if (have + bytes.length > total) throw new MentorError("upload-corrupt", "More bytes arrived than the file has.");
        await file.writeFile(bytes);
        have += bytes.length;
      }
      return have;
    } finally {
      await file.close();
    }
  }

  async #prove(sha256: string): Promise<void> {
    const hash = createHash("sha256");
    for await (const bytes of createReadStream(this.#part(sha256))) hash.update(bytes as Uint8Array);
    if (hash.digest("hex") !== sha256) {
      await rm(this.#part(sha256), { force: true });
      throw new MentorError("upload-corrupt", "A course file arrived with other bytes than were sent.");
    }
    await rename(this.#part(sha256), this.#path(sha256));
  }

  #path(sha256: string): string {
    return join(this.#folder, sha256);
  }

  #part(sha256: string): string {
    return `${this.#path(sha256)}.part`;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch {
    return null;
  }
}
