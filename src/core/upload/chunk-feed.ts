import { MentorError } from "../../contract/errors.ts";
import { InTurn } from "../in-turn.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { Hasher } from "./hasher.ts";
import { chunkCount, chunkLength, rootHash, type ChunkManifest } from "./manifest.ts";
import type { ChunkSource } from "./source.ts";

/** A chunk on its way to the host. */
export interface Chunk {
  index: number;
  /** In bytes, from the file's start. */
  offset: number;
  length: number;
  /** Known when the chunk is sent, or a moment later. */
  sha256: Promise<string>;
  /** null: they are not in memory. */
  bytes: Buffer | null;
  /** The host's journal says to have it: only the claim is checked. */
  claimed: boolean;
  /** It was on its way when a lane dropped, and may have landed. */
  doubtful: boolean;
}

/** Chunks that are read before a lane asks for them, so that none waits for the stick. */
const READ_AHEAD = 2;

/**
 * Reads the source once, in order, making the hashes on the way, and hands out each chunk to
 * whichever lane asks next. What a lane gives back undelivered is kept and handed out first.
 */
export class ChunkFeed {
  readonly #source: ChunkSource;
  readonly #hasher: Hasher;
  readonly #chunkBytes: number;
  readonly #count: number;
  readonly #known: ChunkManifest | undefined;
  readonly #claims: ReadonlyMap<number, string>;
  readonly #pool: BufferPool;
  readonly #hashes: string[] = [];
  readonly #reads = new InTurn();
  readonly #ahead: Promise<Chunk>[] = [];
  readonly #again: Chunk[] = [];
  #next = 0;
  /** The read that is under way: what the lanes wait for, if they wait, is the stick. */
  #read: Promise<void> | undefined;
  #closed = false;

  /** @param claims what the host's journal says to have, by index @param pool of buffers as long as a chunk */
  constructor(source: ChunkSource, chunkBytes: number, known: ChunkManifest | undefined, claims: ReadonlyMap<number, string>, hasher: Hasher, pool: BufferPool) {
    this.#source = source;
    this.#hasher = hasher;
    this.#chunkBytes = chunkBytes;
    this.#count = chunkCount(source.bytes, chunkBytes);
    this.#known = known;
    this.#claims = claims;
    this.#pool = pool;
  }

  get name(): string {
    return this.#source.name;
  }

  get reading(): boolean {
    return this.#read !== undefined;
  }

  /** The next chunk to send; null when all have been handed out. */
  async next(): Promise<Chunk | null> {
    const again = this.#again.shift();
    if (again !== undefined) return again.bytes === null ? this.#load(again.index, true) : again;
    return this.#nextInOrder();
  }

  /** The next chunk for whoever needs no more of it than its hash: it is not kept in memory, nor read where the hash is known. */
  async nextHashed(): Promise<Chunk | null> {
    // One that came back with its bytes may still be read by the lane that has dropped.
    const again = this.#again.findIndex(({ bytes }) => bytes === null);
    if (again >= 0) return this.#again.splice(again, 1)[0]!;
    if (this.#known !== undefined && this.#next < this.#count) return this.#unread(this.#next++);
    const chunk = await this.#nextInOrder();
    if (chunk === null || chunk.bytes === null) return chunk;
    const { bytes } = chunk;
    chunk.bytes = null;
    void chunk.sha256.catch(() => {}).then(() => this.#pool.give(bytes));
    return chunk;
  }

  /** Puts a chunk's bytes into memory that are not there any more. */
  async readAgain(chunk: Chunk): Promise<void> {
    const { bytes, sha256 } = await this.#load(chunk.index, true);
    Object.assign(chunk, { bytes, sha256 });
  }

  /** Takes a chunk back, to be handed out again. */
  giveBack(chunk: Chunk): void {
    chunk.claimed = false;
    this.#again.push(chunk);
  }

  /** The chunk is proven, or nobody wants it any more: its memory is free. */
  release(chunk: Chunk): void {
    if (chunk.bytes !== null) this.#pool.give(chunk.bytes);
    chunk.bytes = null;
  }

  /** All hashes, once every chunk has been read. */
  async manifest(): Promise<ChunkManifest> {
    if (this.#known !== undefined) return this.#known;
    return {
      version: 1,
      bytes: this.#source.bytes,
      chunkBytes: this.#chunkBytes,
      chunks: this.#hashes,
      root: rootHash(this.#hashes),
      sha256: await this.#hasher.whole(),
    };
  }

  /** Reads no more; resolves when the source is left alone. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#read?.catch(() => {});
  }

  async #nextInOrder(): Promise<Chunk | null> {
    while (this.#ahead.length <= READ_AHEAD && this.#next < this.#count) {
      const reading = this.#load(this.#next++, false);
      reading.catch(() => {}); // whoever takes it hears of it
      this.#ahead.push(reading);
    }
    return (await this.#ahead.shift()) ?? null;
  }

  /** Of a file whose hashes are known. */
  #unread(index: number): Chunk {
    const known = this.#known!.chunks[index]!;
    const length = chunkLength(index, this.#source.bytes, this.#chunkBytes);
    return { index, offset: index * this.#chunkBytes, length, sha256: Promise.resolve(known), bytes: null, claimed: this.#claims.get(index) === known, doubtful: false };
  }

  /** In order, since the hash of the whole file is made on the way. `anew`: the host's claim proved wrong. */
  #load(index: number, anew: boolean): Promise<Chunk> {
    const offset = index * this.#chunkBytes;
    const length = chunkLength(index, this.#source.bytes, this.#chunkBytes);
    const known = this.#known?.chunks[index] ?? this.#hashes[index];
    const claim = anew ? undefined : this.#claims.get(index);
    if (claim !== undefined && claim === this.#known?.chunks[index]) return Promise.resolve(this.#unread(index));
    return this.#reads.run(async () => {
      const bytes = (await this.#pool.take()).subarray(0, length);
      await this.#fill(bytes, offset);
      const chunk: Chunk = { index, offset, length, sha256: this.#hash(index, bytes, known, !anew), bytes, claimed: false, doubtful: false };
      chunk.sha256.catch(() => {}); // whoever delivers it hears of it
      if (claim !== undefined && claim === (await chunk.sha256)) {
        chunk.claimed = true;
        this.release(chunk);
      }
      return chunk;
    });
  }

  async #fill(bytes: Buffer, offset: number): Promise<void> {
    if (this.#closed) throw new Error("the feed is closed");
    this.#read = this.#source.read(bytes, offset);
    await this.#read.finally(() => (this.#read = undefined));
  }

  async #hash(index: number, bytes: Buffer, known: string | undefined, next: boolean): Promise<string> {
    const hash = await this.#hasher.chunk(bytes, next);
    if (known !== undefined && known !== hash) {
      throw new MentorError("model-changed", `${this.#source.name} does not hold the same bytes as when it was read before (at ${index * this.#chunkBytes}).`, {
        advice: "Leave the stick alone and press Retry. If it happens again, the stick is failing: copy the model to another one.",
      });
    }
    this.#hashes[index] = hash;
    return hash;
  }
}
