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
  /** Lanes that send it, out of memory. */
  senders: number;
  /** Lanes whose far end fetches it. */
  fetchers: number;
  proven: boolean;
}

type Role = "senders" | "fetchers";

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
  /** How long a chunk that is sent usually takes, in milliseconds. */
  #usual = 0;

  constructor(options: ErrandsOptions) {
    this.#options = options;
    this.#left = options.count;
  }

  /** What to send next; null when there is nothing at this moment. An idle lane also takes what is late elsewhere. */
  async next(idle: boolean): Promise<Errand | null> {
    const chunk = await this.#options.feed.next();
    if (chunk !== null) return this.#begin(chunk, "senders");
    return idle ? this.#late() : null;
  }

  /** What to fetch next; it holds no memory. When there is nothing else, also what is still being sent: it costs the line nothing. */
  async nextToFetch(): Promise<Errand | null> {
    const chunk = await this.#options.feed.nextHashed();
    if (chunk !== null) return this.#begin(chunk, "fetchers");
    // The last to be sent will be the last to arrive.
    const sent = [...this.#open.values()].findLast(({ senders, fetchers, chunk: { claimed } }) => senders === 1 && fetchers === 0 && !claimed);
    if (sent === undefined) return null;
    sent.fetchers++;
    return sent;
  }

  /** It has landed, and is what it should be. False where another lane was quicker. */
  prove(errand: Errand, by: Role): boolean {
    if (errand.proven) return false;
    const { chunk, since } = errand;
    if (by === "senders") {
      const took = this.#options.clock.now() - since;
      this.#usual = this.#usual === 0 ? took : this.#usual * 0.9 + took * 0.1;
    }
    errand.proven = true;
    this.#open.delete(chunk.index);
    this.#options.meter.proved(chunk.length);
    this.#options.onProof(--this.#left);
    return true;
  }

  /** It has not been delivered. Where another lane carries it too, that one still may. `doubtful`: it may have landed. */
  takeBack(errand: Errand, doubtful: boolean): void {
    if (errand.proven || carriers(errand) > 1) return;
    const { chunk } = errand;
    this.#open.delete(chunk.index);
    this.#options.meter.retried();
    chunk.doubtful = doubtful;
    this.#options.feed.giveBack(chunk);
    this.#options.onReturn();
  }

  /** A lane carries it no more, and reads from its memory no more. */
  leave(errand: Errand, as: Role): void {
    errand[as]--;
    if (errand.proven && errand.senders === 0) this.#options.feed.release(errand.chunk);
  }

  #begin(chunk: Chunk, as: Role): Errand {
    const errand = { chunk, since: this.#options.clock.now(), senders: 0, fetchers: 0, proven: false };
    errand[as]++;
    this.#open.set(chunk.index, errand);
    return errand;
  }

  async #late(): Promise<Errand | null> {
    const { clock, feed, meter } = this.#options;
    const before = clock.now() - Math.max(LEAST_LATE_MS, LATE * this.#usual);
    const late = this.#open.values().find((errand) => carriers(errand) === 1 && !errand.chunk.claimed && errand.since < before);
    if (late === undefined) return null;
    late.senders++;
    if (late.chunk.bytes === null) {
      await feed.readAgain(late.chunk);
      late.since = clock.now();
    }
    if (late.proven) {
      this.leave(late, "senders");
      return null;
    }
    meter.retried();
    return late;
  }
}

const carriers = ({ senders, fetchers }: Errand): number => senders + fetchers;
