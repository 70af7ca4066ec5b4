import { MentorError } from "../../contract/errors.ts";
import type { OpenLane, UploadLane } from "./lane.ts";
import type { Patience } from "./patience.ts";

export interface LaneCrewOptions {
  openLane: OpenLane;
  patience: Patience;
  /** A lane's work: resolves when it is to leave, rejects when it has dropped. */
  work: (lane: UploadLane) => Promise<void>;
  /** A lane has dropped and will be replaced. */
  onDrop: () => void;
  /** Whatever no other attempt could mend. */
  onFailure: (error: unknown) => void;
  /** Aborted when the work is over: lanes that are still being opened are not needed any more. */
  over: AbortSignal;
}

/** The lanes of one transfer: opened, replaced when they drop, let go when there are too many. */
export class LaneCrew {
  /** Those at work at this moment. */
  readonly lanes: UploadLane[] = [];
  readonly #options: LaneCrewOptions;
  readonly #posts = new Set<Promise<void>>();
  #wanted = 0;
  #idle: UploadLane | undefined;

  constructor(options: LaneCrewOptions) {
    this.#options = options;
  }

  /** The newest leave when there are too many: the others have found out what the line carries. */
  mayLeave(lane: UploadLane): boolean {
    return this.lanes.indexOf(lane) >= this.#wanted;
  }

  /** How many lanes there should be; more are opened at once, fewer leave when their work allows. `given` are being opened already. */
  resize(count: number, given: Promise<UploadLane>[] = []): void {
    this.#wanted = count;
    while (this.#posts.size < count) {
      const post = this.#post(given.shift())
        .catch((error: unknown) => {
          if (!this.#options.over.aborted) this.#options.onFailure(error);
        })
        .finally(() => this.#posts.delete(post));
      this.#posts.add(post);
    }
  }

  /** When the work is over: resolves when every lane is closed but one that had nothing on it, the caller's to close. */
  async dismiss(busy: (lane: UploadLane) => boolean): Promise<UploadLane | undefined> {
    await Promise.all(this.lanes.filter(busy).map((lane) => lane.close().catch(() => {})));
    await Promise.all(this.#posts);
    return this.#idle;
  }

  /** One lane's life, and the lives of those that replace it. */
  async #post(given: Promise<UploadLane> | undefined): Promise<void> {
    const { openLane, patience, work, onDrop, over } = this.#options;
    for (let next = given; next !== undefined || this.#posts.size <= this.#wanted; next = undefined) {
      let lane: UploadLane | undefined;
      try {
        lane = await (next ?? openLane(over));
        this.lanes.push(lane);
        await work(lane).finally(() => this.lanes.splice(this.lanes.indexOf(lane!), 1));
        if (over.aborted && this.#idle === undefined) this.#idle = lane;
        else await lane.close().catch(() => {});
        return;
      } catch (error) {
        await lane?.close().catch(() => {});
        over.throwIfAborted();
        if (!isPassing(error)) throw error;
        onDrop();
        await patience.pause(error);
      }
    }
  }
}

/** A fault of the line, which another attempt may not meet again. */
function isPassing(error: unknown): boolean {
  return error instanceof MentorError && ["host-lost", "host-silent", "host-refused", "host-not-found"].includes(error.code);
}
