import { createHash } from "node:crypto";
import { mkdir, open, rename, stat, statfs, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import type { Clock } from "../ports.ts";
import { asideSuffix, type Destination, type Sending, type Survey, type UploadLane } from "./lane.ts";

/**
 * Copies to a file of this computer. It keeps no journal: reading a local file again is quicker
 * than any bookkeeping, and the hash is always that of what stands on the disk.
 */
export class LocalLane implements UploadLane {
  /** Written and read back in turn: a disk is quickest when it need not seek. */
  readonly depth = 1;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #part: string;
  #file: FileHandle | undefined;

  constructor(destination: Destination, clock: Clock) {
    this.#destination = destination;
    this.#clock = clock;
    this.#part = `${destination.path}.part`;
  }

  async survey(): Promise<Survey> {
    return this.#guard(async () => {
      const folder = dirname(this.#destination.path);
      await mkdir(folder, { recursive: true });
      const [final, part, volume] = await Promise.all([stat(this.#destination.path).catch(missing), stat(this.#part).catch(missing), statfs(folder)]);
      return {
        finalBytes: final?.size ?? null,
        proven: null,
        chunks: new Map(),
        freeBytes: volume.bavail * volume.bsize,
        partBytes: part === null ? 0 : (part.blocks || 0) * 512,
        begun: false,
      };
    });
  }

  async begin(): Promise<void> {
    await this.#guard(() => this.#open());
  }

  send(_index: number, offset: number, bytes: Buffer): Sending {
    const landed = this.#guard(async () => {
      const file = await this.#open();
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      return (await hashOf(file, offset, bytes.length)) ?? "";
    });
    landed.catch(() => {}); // heard of by whoever waits for it
    return { taken: landed.then(() => {}), landed };
  }

  async claim(): Promise<null> {
    return null;
  }

  async check(which: "part" | "final", offset: number, length: number): Promise<string | null> {
    return this.#guard(async () => {
      if (which === "part") return hashOf(await this.#open(), offset, length);
      await using file = await open(this.#destination.path, "r");
      return await hashOf(file, offset, length);
    });
  }

  async finish(_hashes: { root: string; sha256: string }, placed: boolean): Promise<string | null> {
    if (placed) return null;
    return this.#guard(async () => {
      const file = await this.#open();
      await file.truncate(this.#destination.bytes);
      await file.sync();
      await this.close();
      const kept = (await stat(this.#destination.path).catch(missing)) === null ? null : await this.#freeName();
      if (kept !== null) await rename(this.#destination.path, kept);
      await rename(this.#part, this.#destination.path);
      return kept;
    });
  }

  heard(): null {
    return null;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #open(): Promise<FileHandle> {
    this.#file ??= await open(this.#part, "r+").catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return open(this.#part, "w+", 0o644);
      throw error;
    });
    return this.#file;
  }

  async #freeName(): Promise<string> {
    const name = `${this.#destination.path}.${asideSuffix(this.#clock.now())}`;
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? name : `${name}-${number}`;
      if ((await stat(candidate).catch(missing)) === null) return candidate;
    }
  }

  async #guard<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const { path } = this.#destination;
      if (code === "ENOSPC" || code === "EDQUOT") throw new MentorError("disk-full", `This computer's disk is full: ${path} could not be written to its end.`, { cause: error });
      if (code === "EISDIR" || code === "ENOTDIR" || code === "EEXIST" || code === "ENAMETOOLONG") throw new MentorError("input-invalid", `${path} cannot be a file (${code}).`, { cause: error });
      throw new MentorError("upload-failed", `${path} could not be written (${code ?? "unknown fault"}).`, { cause: error });
    }
  }
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === "ENOENT") return null;
  throw error;
}

async function hashOf(file: FileHandle, offset: number, length: number): Promise<string | null> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
  return bytesRead < length ? null : createHash("sha256").update(buffer).digest("hex");
}
