import { MentorError } from "../../contract/errors.ts";
import { abortable } from "../abortable.ts";
import type { Clock } from "../ports.ts";
import { Bell } from "./bell.ts";
import type { Chunk, ChunkFeed } from "./chunk-feed.ts";
import { Errands, type Errand } from "./errands.ts";
import { LaneCrew } from "./lane-crew.ts";
import { PERIOD_MS, type LanePolicy } from "./lane-policy.ts";
import type { OpenLane, UploadLane } from "./lane.ts";
import type { LineDelay } from "./line-delay.ts";
import { MirrorFill, type MirrorFillOptions } from "./mirror-fill.ts";
import { Patience } from "./patience.ts";
import type { UploadMeter } from "./upload-meter.ts";

/** How often a chunk may arrive damaged before it is no accident. */
const DAMAGE_LIMIT = 3;
/** Between two looks for chunks that are late. */
const LOOK_MS = 200;
/** Questions that one lane may have open about chunks that the host claims to have: they weigh nothing on the line. */
const CHECKS = 64;
export interface TransferOptions {
  openLane: OpenLane;
  feed: ChunkFeed;
  meter: UploadMeter;
  policy: LanePolicy;
  delay: LineDelay;
  /** Chunks that are not yet proven. */
  count: number;
  clock: Clock;
  signal: AbortSignal;
  /** Where the host may fetch chunks by itself. */
  fill?: Pick<MirrorFillOptions, "mirror" | "openLane" | "given">;
}

/** Moves every chunk of a feed to the host over several lanes. */
export class Transfer {
  readonly #options: TransferOptions;
  readonly #crew: LaneCrew;
  readonly #patience: Patience;
  readonly #errands: Errands;
  readonly #fill: MirrorFill | undefined;
  readonly #damaged = new Map<number, number>();
  readonly #bells = new Map<UploadLane, Bell>();
  /** Chunks on each lane that the host has not yet answered for. */
  readonly #unanswered = new Map<UploadLane, number>();
  /** Aborted when all is proven or all is lost. */
  readonly #end = new AbortController();
  readonly #received = new WeakMap<UploadLane, number>();
  #failure: { error: unknown } | undefined;
  #bytesSent = 0;
  #bytesKept = 0;

  constructor(options: TransferOptions) {
    this.#options = options;
    this.#errands = new Errands({ ...options, onProof: (left) => this.#onProof(left), onReturn: () => this.#ringAll() });
    this.#patience = new Patience(options.clock, AbortSignal.any([options.signal, this.#end.signal]));
    this.#crew = new LaneCrew({
      openLane: options.openLane,
      patience: this.#patience,
      work: (lane) => this.#work(lane),
      onDrop: () => options.meter.retried(),
      onFailure: (error) => this.#finish({ error }),
      over: this.#end.signal,
    });
    if (options.fill !== undefined) {
      this.#fill = new MirrorFill({ ...options.fill, errands: this.#errands, clock: options.clock, onKept: (bytes) => (this.#bytesKept += bytes), onFailure: (error) => this.#finish({ error }), end: this.#end.signal });
    }
  }

  /** Bytes that went out, those sent again included. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Bytes that were there already, proven by hash. */
  get bytesKept(): number {
    return this.#bytesKept;
  }

  get lanes(): readonly UploadLane[] {
    return this.#crew.lanes;
  }

  /** Resolves when every chunk is proven, with a lane that is left over, if any. `lanes` are open, or being opened, already. */
  async run(lanes: Promise<UploadLane>[]): Promise<UploadLane | undefined> {
    const { signal, policy, delay, count } = this.#options;
    const abort = () => this.#finish({ error: signal.reason });
    signal.addEventListener("abort", abort, { once: true });
    this.#crew.resize(policy.wanted, lanes);
    this.#fill?.start();
    delay.measure();
    if (count === 0) this.#finish();
    if (signal.aborted) abort();
    await this.#watch();
    signal.removeEventListener("abort", abort);
    const [idle, spare] = await Promise.all([this.#crew.dismiss((lane) => (this.#unanswered.get(lane) ?? 0) > 0), this.#fill?.dismiss()]);
    const kept = this.#failure === undefined ? (idle ?? spare) : undefined;
    await Promise.allSettled([idle, spare].map((lane) => lane !== kept && lane?.close()));
    if (this.#failure !== undefined) throw this.#failure.error;
    return kept;
  }

  /** The first to come says how it ended. */
  #finish(failure?: { error: unknown }): void {
    if (this.#end.signal.aborted) return;
    this.#failure = failure;
    this.#end.abort(failure?.error ?? new Error("all is proven"));
    this.#ringAll();
  }

  #ringAll(): void {
    for (const bell of this.#bells.values()) bell.ring();
    this.#fill?.ring();
  }

  /** Keeps a lane busy until all is over, or until there are lanes enough without it. */
  async #work(lane: UploadLane): Promise<void> {
    const bell = new Bell();
    let sending = 0;
    let checking = 0;
    let fault: { error: unknown } | undefined;
    this.#bells.set(lane, bell);
    try {
      while (!this.#end.signal.aborted) {
        const leaving = fault !== undefined || this.#crew.mayLeave(lane);
        const idle = sending + checking === 0;
        if (leaving && idle) break;
        const errand = !leaving && sending < lane.depth && checking < CHECKS ? await this.#next(idle) : null;
        if (errand === null) {
          await bell.heard();
          continue;
        }
        const isCheck = errand.chunk.claimed;
        if (isCheck) checking++;
        else sending++;
        await new Promise<void>((taken) => {
          this.#deliver(lane, errand, taken)
            .catch((error: unknown) => (fault ??= { error }))
            .finally(() => {
              if (isCheck) checking--;
              else sending--;
              taken();
              bell.ring();
            });
        });
      }
    } finally {
      this.#bells.delete(lane);
    }
    if (fault !== undefined && !this.#end.signal.aborted) throw fault.error;
  }

  /** What to carry next; null when there is nothing at this moment. */
  async #next(idle: boolean): Promise<Errand | null> {
    return abortable(this.#errands.next(idle), this.#end.signal).catch((error: unknown) => {
      this.#finish({ error });
      return null;
    });
  }

  /** `taken` is called when the line has taken all of the chunk. */
  async #deliver(lane: UploadLane, errand: Errand, taken: () => void): Promise<void> {
    const { chunk } = errand;
    const count = (by: number) => this.#unanswered.set(lane, (this.#unanswered.get(lane) ?? 0) + by);
    try {
      count(1);
      const landed = await this.#land(lane, chunk, taken).finally(() => count(-1));
      const sha256 = await chunk.sha256;
      if (errand.proven) return;
      if (landed === sha256) this.#errands.prove(errand, "senders");
      else this.#errands.takeBack(errand, false);
    } catch (error) {
      // What was on its way may have landed: the journal will say.
      if (!this.#end.signal.aborted) this.#errands.takeBack(errand, true);
      throw error;
    } finally {
      this.#errands.leave(errand, "senders");
    }
  }

  /** SHA-256 of what stands on the host for the chunk now; null when nothing does. */
  async #land(lane: UploadLane, chunk: Chunk, taken: () => void): Promise<string | null> {
    const { index, offset, length, bytes } = chunk;
    const isThere = chunk.claimed || (chunk.doubtful && (await lane.claim(index)) === (await chunk.sha256));
    chunk.doubtful = false;
    if (isThere) {
      taken();
      const standing = await lane.check("part", offset, length);
      if (standing === (await chunk.sha256)) this.#bytesKept += length;
      return standing;
    }
    const sending = lane.send(index, offset, bytes!);
    sending.taken.then(
      () => {
        this.#bytesSent += length;
        taken();
      },
      () => {}, // its failure is that of `landed` too
    );
    const landed = await sending.landed;
    if (landed !== (await chunk.sha256)) this.#countDamage(chunk);
    return landed;
  }

  #countDamage({ index, offset }: Chunk): void {
    const times = (this.#damaged.get(index) ?? 0) + 1;
    this.#damaged.set(index, times);
    if (times < DAMAGE_LIMIT) return;
    throw new MentorError("upload-corrupt", `The part of ${this.#options.feed.name} at byte ${offset} arrived damaged ${DAMAGE_LIMIT} times.`, { details: { offset } });
  }

  #onProof(left: number): void {
    this.#patience.advanced();
    if (left === 0) this.#finish();
  }

  /** Reports, and asks the policy, until the end. */
  async #watch(): Promise<void> {
    const { clock, meter, policy, delay } = this.#options;
    let before = clock.now();
    let loop = performance.eventLoopUtilization();
    /** Since the last call. */
    const usage = () => {
      const now = performance.eventLoopUtilization();
      const since = performance.eventLoopUtilization(now, loop);
      loop = now;
      return since;
    };
    for (let looks = 1; !this.#end.signal.aborted; looks++) {
      await clock.sleep(LOOK_MS, this.#end.signal).catch(() => {});
      if (this.#end.signal.aborted) return;
      this.#ringAll();
      delay.measure();
      if ((looks * LOOK_MS) % PERIOD_MS !== 0) continue;
      meter.report(true);
      const now = clock.now();
      const arrived = this.#arrived();
      const rate = (arrived * 1000) / Math.max(1, now - before);
      if (this.lanes.length > 0) this.#crew.resize(policy.next({ lanes: this.lanes.length, rate, delay: delay.read(), busy: usage().utilization }));
      before = now;
    }
  }

  /** Bytes that the far ends have received since the last call; counted there, since a slow lane proves a chunk only every few seconds. */
  #arrived(): number {
    let arrived = 0;
    for (const lane of this.lanes) {
      const received = lane.heard()?.received ?? 0;
      arrived += received - (this.#received.get(lane) ?? 0);
      this.#received.set(lane, received);
    }
    return arrived;
  }
}
