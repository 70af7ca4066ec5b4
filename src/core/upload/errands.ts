import type { Clock } from "../ports.ts";
import type { Chunk, ChunkFeed } from "./chunk-feed.ts";
import type { UploadMeter } from "./upload-meter.ts";

/** A chunk that takes so many times as long as they usually do is sent on another lane too. */
const LATE = 1.5;
const LEAST_LATE_MS = 1_000;

/** A chunk on its way, perhaps on two lanes. */
export interface Errand {
  readonly chunk: Chunk;
  /** Milliseconds since the epoch. */
  since: number;
  carriers: number;
  proven: boolean;
}

export interface ErrandsOptions {
  feed: ChunkFeed;
  meter: UploadMeter;
  clock: Clock;
  /** Chunks that are not yet proven. */
  count: number;
  /** `left`: chunks that are not yet proven now. */
  onProof: (left: number) => void;
  /** A chunk has come back, and may be taken by another lane. */
  onReturn: () => void;
}

/** The chunks that are on their way, whoever carries them. */
export class Errands {
  readonly #options: ErrandsOptions;
  readonly #open = new Map<number, Errand>();
  #left: number;
  /** How long a chunk usually takes, in milliseconds. */
  #usual = 0;

  constructor(options: ErrandsOptions) {
    this.#options = options;
    this.#left = options.count;
  }

  /** What to carry next; null when there is nothing at this moment. An idle lane also takes what is late elsewhere. */
  async next(idle: boolean): Promise<Errand | null> {
    const chunk = await this.#options.feed.next();
    if (chunk !== null) return this.#begin(chunk);
    return idle ? this.#late() : null;
  }

  /** It has landed, and is what it should be. */
  prove(errand: Errand): void {
    const { chunk, since } = errand;
    const took = this.#options.clock.now() - since;
    this.#usual = this.#usual === 0 ? took : this.#usual * 0.9 + took * 0.1;
    errand.proven = true;
    this.#open.delete(chunk.index);
    this.#options.meter.proved(chunk.length);
    this.#options.onProof(--this.#left);
  }

  /** It has not been delivered. Where another lane carries it too, that one still may. `doubtful`: it may have landed. */
  takeBack(errand: Errand, doubtful: boolean): void {
    if (errand.proven || errand.carriers > 1) return;
    const { chunk } = errand;
    this.#open.delete(chunk.index);
    this.#options.meter.retried();
    chunk.doubtful = doubtful;
    this.#options.feed.giveBack(chunk);
    this.#options.onReturn();
  }

  /** A lane carries it no more, and reads from its memory no more. */
  leave(errand: Errand): void {
    if (--errand.carriers === 0 && errand.proven) this.#options.feed.release(errand.chunk);
  }

  #begin(chunk: Chunk): Errand {
    const errand = { chunk, since: this.#options.clock.now(), carriers: 1, proven: false };
    this.#open.set(chunk.index, errand);
    return errand;
  }

  #late(): Errand | null {
    const before = this.#options.clock.now() - Math.max(LEAST_LATE_MS, LATE * this.#usual);
    const late = this.#open.values().find(({ carriers, since, chunk }) => carriers === 1 && !chunk.claimed && since < before);
    if (late === undefined) return null;
    late.carriers++;
    this.#options.meter.retried();
    return late;
  }
}
