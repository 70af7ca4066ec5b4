import { MentorError } from "../../contract/errors.ts";
import { abortable } from "../abortable.ts";
import type { Clock } from "../ports.ts";
import { Bell } from "./bell.ts";
import type { Chunk } from "./chunk-feed.ts";
import type { Errand, Errands } from "./errands.ts";
import { LaneCrew } from "./lane-crew.ts";
import type { FetchingLane, UploadLane } from "./lane.ts";
import { MirrorPace } from "./mirror-pace.ts";
import { MirrorRefusal, type Mirror } from "./mirror.ts";
import { Patience } from "./patience.ts";
import { NoReceiver } from "./receivers.ts";

export interface MirrorFillOptions {
  mirror: Mirror;
  openLane: (signal: AbortSignal) => Promise<FetchingLane>;
  /** One that is open, or being opened, already. */
  given: Promise<FetchingLane>;
  errands: Errands;
  clock: Clock;
  /** A chunk of so many bytes was there already, and is proven. */
  onKept: (bytes: number) => void;
  /** The stick cannot be read: that no mirror makes good. */
  onFailure: (error: unknown) => void;
  /** Aborted when the transfer is over. */
  end: AbortSignal;
}

/**
 * Has the host fetch chunks from a mirror, beside the lanes that send others. Questions weigh next to
 * nothing, so one lane is enough, and the lane policy knows nothing of it: a line that is full is no
 * reason to ask less. It can fail in no way that the transfer would notice: what a mirror does not
 * deliver goes back to be sent.
 */
export class MirrorFill {
  readonly #options: MirrorFillOptions;
  readonly #crew: LaneCrew<FetchingLane>;
  readonly #bell = new Bell();
  readonly #patience: Patience;
  readonly #over: AbortSignal;
  #fetching = 0;
  #abandoned: Promise<unknown> | undefined;

  constructor(options: MirrorFillOptions) {
    const { mirror, openLane, clock, end } = options;
    this.#options = options;
    this.#over = AbortSignal.any([end, mirror.gone]);
    this.#patience = new Patience(clock, this.#over);
    this.#crew = new LaneCrew({
      openLane,
      patience: this.#patience,
      work: (lane) => this.#work(lane),
      onDrop: () => {},
      onFailure: (error) => mirror.giveUp(`the host cannot fetch from ${mirror.name} (${error instanceof MentorError ? error.code : String(error)})`),
      over: this.#over,
    });
  }

  start(): void {
    const { mirror, given } = this.#options;
    mirror.gone.addEventListener("abort", () => this.#abandon(), { once: true });
    this.#crew.resize(1, [given]);
  }

  /** There may be something to fetch. */
  ring(): void {
    this.#bell.ring();
  }

  /** When the transfer is over: resolves with its lane, the caller's to close, if there is one. What is still being fetched holds up no other question. */
  async dismiss(): Promise<UploadLane | undefined> {
    this.ring();
    await this.#abandoned;
    return this.#abandoned === undefined ? this.#crew.dismiss(() => false) : undefined;
  }

  /** What the host still waits for comes back at once, not when it has waited long enough. */
  #abandon(): void {
    this.ring();
    this.#abandoned = this.#crew.dismiss(() => true).then((lane) => lane?.close().catch(() => {}));
  }

  async #work(lane: FetchingLane): Promise<void> {
    const pace = new MirrorPace(this.#options.mirror.fetchers);
    let fault: { error: unknown } | undefined;
    while (!this.#over.aborted) {
      if (fault !== undefined && this.#fetching === 0) break;
      const errand = fault === undefined && this.#fetching < pace.depth ? await this.#next() : null;
      if (errand === null) {
        await this.#bell.heard();
        continue;
      }
      this.#fetching++;
      this.#bring(lane, pace, errand)
        .catch((error: unknown) => (fault ??= { error }))
        .finally(() => {
          this.#fetching--;
          this.ring();
        });
    }
    if (fault !== undefined && !this.#over.aborted) throw fault.error;
  }

  /** Waited for also when the mirror is given up: a chunk that is taken must be brought or given back. */
  async #next(): Promise<Errand | null> {
    const { errands, end, onFailure } = this.#options;
    return abortable(errands.nextToFetch(), end).catch((error: unknown) => {
      onFailure(error);
      return null;
    });
  }

  async #bring(lane: FetchingLane, pace: MirrorPace, errand: Errand): Promise<void> {
    const { errands, end, mirror, onKept } = this.#options;
    const { chunk } = errand;
    try {
      const isThere = mirror.fault === undefined && (await this.#land(lane, pace, chunk));
      if (!isThere) return errands.takeBack(errand, false);
      this.#patience.advanced();
      if (!errands.prove(errand, "fetchers")) return;
      if (chunk.claimed) onKept(chunk.length);
      else mirror.gave(chunk.length);
    } catch (error) {
      if (!end.aborted) errands.takeBack(errand, false);
      if (error instanceof NoReceiver) mirror.giveUp(`the host's Python cannot fetch from ${mirror.name}`);
      if (!(error instanceof MirrorRefusal)) throw error;
      mirror.refused(error.message);
    } finally {
      errands.leave(errand, "fetchers");
    }
  }

  /** Whether the chunk stands on the host now. */
  async #land(lane: FetchingLane, pace: MirrorPace, chunk: Chunk): Promise<boolean> {
    const { mirror, onFailure } = this.#options;
    const sha256 = await chunk.sha256.catch((error: unknown) => {
      onFailure(error);
      throw error;
    });
    if (chunk.claimed) return (await lane.check("part", chunk.offset, chunk.length)) === sha256;
    const fetched = await lane.fetch(chunk, sha256, mirror);
    pace.fetched(fetched);
    if (fetched.sha256 !== sha256) mirror.lied();
    return fetched.sha256 === sha256;
  }
}
