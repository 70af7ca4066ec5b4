import { createHash } from "node:crypto";
import { MentorError } from "../../contract/errors.ts";
import { InTurn } from "../in-turn.ts";
import { chunkCount, chunkLength, rootHash, type ChunkManifest } from "./manifest.ts";
import type { ChunkSource } from "./source.ts";

/** One chunk's way to the host: its bytes, or only the question whether they are there. */
export interface ChunkWork {
  index: number;
  offset: number;
  length: number;
  sha256: string;
  /** null: the host's journal claims to have it, so it is checked, not sent. */
  bytes: Buffer | null;
}

/**
 * Reads the source once, in order, making the hashes on the way, and hands out each chunk to
 * whichever lane asks next. What comes back undelivered is read again and must still be the same.
 */
export class ChunkFeed {
  readonly #source: ChunkSource;
  readonly #chunkBytes: number;
  readonly #count: number;
  readonly #known: ChunkManifest | undefined;
  readonly #hashes: string[] = [];
  readonly #whole = createHash("sha256");
  readonly #reads = new InTurn();
  readonly #again: { index: number; resend: boolean }[] = [];
  /** The host's claims, by index. */
  #claims: ReadonlyMap<number, string>;
  #next = 0;
  #reading = false;

  constructor(source: ChunkSource, chunkBytes: number, known: ChunkManifest | undefined, claims: ReadonlyMap<number, string>) {
    this.#source = source;
    this.#chunkBytes = chunkBytes;
    this.#count = chunkCount(source.bytes, chunkBytes);
    this.#known = known;
    this.#claims = claims;
  }

  get name(): string {
    return this.#source.name;
  }

  /** A read is under way: what the lanes wait for, if they wait, is the stick. */
  get reading(): boolean {
    return this.#reading;
  }

  /** The next chunk to deliver; null when all have been handed out. */
  next(): Promise<ChunkWork | null> {
    return this.#reads.run(async () => {
      const again = this.#again.shift();
      if (again !== undefined) return this.#work(again.index, again.resend);
      if (this.#next >= this.#count) return null;
      return this.#work(this.#next, false);
    });
  }

  /** Takes a chunk back; with `resend` it is sent whatever the host claims. */
  giveBack(index: number, resend: boolean): void {
    this.#again.push({ index, resend });
  }

  /** After a reconnection: what landed although nobody could say so any more. */
  claim(claims: ReadonlyMap<number, string>): void {
    this.#claims = claims;
  }

  /** All hashes, once every chunk has been read. */
  manifest(): ChunkManifest {
    if (this.#known !== undefined) return this.#known;
    return {
      version: 1,
      bytes: this.#source.bytes,
      chunkBytes: this.#chunkBytes,
      chunks: this.#hashes,
      root: rootHash(this.#hashes),
      sha256: this.#whole.copy().digest("hex"),
    };
  }

  async #work(index: number, resend: boolean): Promise<ChunkWork> {
    const offset = index * this.#chunkBytes;
    const length = chunkLength(index, this.#source.bytes, this.#chunkBytes);
    const known = this.#known?.chunks[index] ?? this.#hashes[index];
    if (known !== undefined && !resend && this.#claims.get(index) === known) {
      this.#next = Math.max(this.#next, index + 1);
      return { index, offset, length, sha256: known, bytes: null };
    }
    this.#reading = true;
    try {
      const bytes = await this.#source.read(offset, length);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      if (known !== undefined && known !== sha256) {
        throw new MentorError("model-changed", `${this.#source.name} does not hold the same bytes as when it was read before (at ${offset}).`, {
          advice: "Leave the stick alone and press Retry. If it happens again, the stick is failing: copy the model to another one.",
        });
      }
      if (index === this.#next) {
        if (this.#known === undefined) {
          this.#whole.update(bytes);
          this.#hashes.push(sha256);
        }
        this.#next++;
      }
      const claimed = !resend && this.#claims.get(index) === sha256;
      return { index, offset, length, sha256, bytes: claimed ? null : bytes };
    } finally {
      this.#reading = false;
    }
  }
}
