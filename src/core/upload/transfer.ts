import { MentorError } from "../../contract/errors.ts";
import type { Clock } from "../ports.ts";
import type { ChunkFeed, ChunkWork } from "./chunk-feed.ts";
import type { OpenLane, UploadLane } from "./lane.ts";
import { FIRST_LANES, MOST_LANES, wantedLanes, type LaneSample } from "./lane-policy.ts";
import { Patience } from "./patience.ts";
import type { UploadMeter } from "./upload-meter.ts";

/** Chunks on their way in one lane: one crosses the line while the answer to the other comes back. */
const WINDOW = 2;
/** How often a chunk may arrive damaged before it is no accident. */
const DAMAGE_LIMIT = 3;
/** Period of reports, stall checks and growth. */
const TICK_MS = 1_000;
const GROWTH_TICKS = 3;

export interface TransferOptions {
  openLane: OpenLane;
  feed: ChunkFeed;
  meter: UploadMeter;
  clock: Clock;
  signal: AbortSignal;
  /** Most lanes that are of use for the bytes at hand. */
  laneLimit: number;
  /** Lanes in use at this moment; the meter looks at it too. */
  lanes: UploadLane[];
}

/** Moves every chunk of a feed to the host over several lanes, and replaces each lane that drops. */
export class Transfer {
  readonly #options: TransferOptions;
  readonly #patience: Patience;
  readonly #damaged = new Map<number, number>();
  /** Ends every lane: after a failure only, since one lane outlives a transfer that went well. */
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #workers: Promise<void>[] = [];
  readonly #unproven = new Set<number>();
  #bytesSent = 0;
  #failure: unknown;
  #idle: UploadLane | undefined;

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#patience = new Patience(options.clock, this.#signal);
  }

  /** Bytes that went out, those sent again included. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** A lane that lived to the end: still open, and now the caller's to close. */
  get idleLane(): UploadLane | undefined {
    return this.#idle;
  }

  /** Resolves when every chunk is proven; `first` is a lane that is open already. */
  async run(first: UploadLane): Promise<void> {
    const { laneLimit } = this.#options;
    this.#startWorker(first);
    while (this.#workers.length < Math.min(FIRST_LANES, laneLimit)) this.#startWorker();
    const over = new AbortController();
    const ticking = this.#tick(AbortSignal.any([this.#stop.signal, over.signal]));
    // Workers are added while others run.
    for (let index = 0; index < this.#workers.length; index++) await this.#workers[index];
    over.abort();
    await ticking;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #startWorker(lane?: UploadLane): void {
    this.#workers.push(
      this.#work(lane).catch((error: unknown) => {
        this.#failure ??= this.#options.signal.aborted ? this.#options.signal.reason : error;
        this.#stop.abort(error);
      }),
    );
  }

  /** One lane's life, and the lives of those that replace it. */
  async #work(given?: UploadLane): Promise<void> {
    const { lanes, openLane, feed, meter } = this.#options;
    for (let next = given; ; next = undefined) {
      let lane: UploadLane | undefined;
      let dropped = true;
      try {
        lane = next ?? (await openLane(this.#signal));
        lanes.push(lane);
        // What was on its way when a lane dropped may have landed: the journal knows.
        if (next === undefined) feed.claim((await lane.survey()).chunks);
        await this.#pump(lane);
        dropped = false;
        return;
      } catch (error) {
        this.#signal.throwIfAborted();
        if (!isPassing(error)) throw error;
        meter.retried();
        await this.#patience.pause(error);
      } finally {
        if (lane !== undefined) {
          lanes.splice(lanes.indexOf(lane), 1);
          if (dropped || this.#idle !== undefined) await lane.close().catch(() => {});
          else this.#idle = lane;
        }
      }
    }
  }

  /** Keeps a lane busy until there is nothing left to hand out and all that it took is proven. */
  async #pump(lane: UploadLane): Promise<void> {
    const { feed } = this.#options;
    const under = new Map<number, Promise<void>>();
    const faults: unknown[] = [];
    for (;;) {
      while (faults.length === 0 && under.size < WINDOW) {
        this.#signal.throwIfAborted();
        const work = await feed.next();
        if (work === null) break;
        this.#unproven.add(work.index);
        under.set(
          work.index,
          this.#deliver(lane, work)
            .catch((error: unknown) => {
              feed.giveBack(work.index, false);
              faults.push(error);
            })
            .finally(() => under.delete(work.index)),
        );
      }
      if (faults.length > 0) {
        await Promise.all(under.values());
        throw faults[0];
      }
      // Another lane may yet drop and give its chunks back; its replacement takes them again.
      if (under.size === 0) return;
      await Promise.race(under.values());
    }
  }

  async #deliver(lane: UploadLane, work: ChunkWork): Promise<void> {
    const { feed, meter } = this.#options;
    if (work.bytes !== null) this.#bytesSent += work.length;
    const landed = work.bytes === null ? await lane.check("part", work.offset, work.length) : await lane.send(work.index, work.offset, work.bytes);
    if (landed === work.sha256) {
      this.#unproven.delete(work.index);
      this.#patience.advanced();
      meter.proved(work.length);
      return;
    }
    if (work.bytes !== null) {
      const times = (this.#damaged.get(work.index) ?? 0) + 1;
      this.#damaged.set(work.index, times);
      if (times >= DAMAGE_LIMIT) {
        throw new MentorError("upload-corrupt", `The part of ${feed.name} at byte ${work.offset} arrived damaged ${times} times.`, { details: { offset: work.offset } });
      }
    }
    meter.retried();
    feed.giveBack(work.index, true);
  }

  async #tick(signal: AbortSignal): Promise<void> {
    const { clock, meter, lanes, laneLimit } = this.#options;
    const samples: LaneSample[] = [];
    let before = meter.done;
    try {
      for (let ticks = 1; ; ticks++) {
        await clock.sleep(TICK_MS, signal);
        meter.report(true);
        if (ticks % GROWTH_TICKS !== 0 || lanes.length === 0) continue;
        samples.push({ lanes: lanes.length, rate: ((meter.done - before) * 1000) / (TICK_MS * GROWTH_TICKS) });
        before = meter.done;
        const wanted = Math.min(wantedLanes(samples), laneLimit, MOST_LANES);
        for (let count = lanes.length; count < wanted && this.#unproven.size > 0; count++) this.#startWorker();
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** A fault of the line, which another attempt may not meet again. */
function isPassing(error: unknown): boolean {
  return error instanceof MentorError && ["host-lost", "host-silent", "host-refused", "host-not-found"].includes(error.code);
}
