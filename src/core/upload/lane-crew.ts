import { MentorError } from "../../contract/errors.ts";
import type { UploadLane } from "./lane.ts";
import type { Patience } from "./patience.ts";

export interface LaneCrewOptions<Lane extends UploadLane> {
  openLane: (signal: AbortSignal) => Promise<Lane>;
  patience: Patience;
  /** A lane's work: resolves when it is to leave, rejects when it has dropped. */
  work: (lane: Lane) => Promise<void>;
  /** A lane has dropped and will be replaced. */
  onDrop: () => void;
  /** Whatever no other attempt could mend. */
  onFailure: (error: unknown) => void;
  /** Aborted when the work is over: lanes that are still being opened are not needed any more. */
  over: AbortSignal;
}

/** The lanes of one transfer: opened, replaced when they drop, let go when there are too many. */
export class LaneCrew<Lane extends UploadLane = UploadLane> {
  /** Those at work at this moment. */
  readonly lanes: Lane[] = [];
  readonly #options: LaneCrewOptions<Lane>;
  readonly #posts = new Set<Promise<void>>();
  /** Those that were left when the work was over. */
  readonly #left: Lane[] = [];
  #wanted = 0;

  constructor(options: LaneCrewOptions<Lane>) {
    this.#options = options;
  }

  /** The newest leave when there are too many: the others have found out what the line carries. */
  mayLeave(lane: Lane): boolean {
    return this.lanes.indexOf(lane) >= this.#wanted;
  }

  /** How many lanes there should be; more are opened at once, fewer leave when their work allows. `given` are being opened already. */
  resize(count: number, given: Promise<Lane>[] = []): void {
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

  /** When the work is over: resolves when every lane is closed but one that has nothing on it, the caller's to close. */
  async dismiss(busy: (lane: Lane) => boolean): Promise<Lane | undefined> {
    const encumbered = [...this.lanes, ...this.#left].filter(busy);
    await closeAll(encumbered);
    await Promise.all(this.#posts);
    const [idle, ...others] = this.#left.filter((lane) => !encumbered.includes(lane));
    await closeAll(others);
    return idle;
  }

  /** One lane's life, and the lives of those that replace it. */
  async #post(given: Promise<Lane> | undefined): Promise<void> {
    const { openLane, patience, work, onDrop, over } = this.#options;
    for (let next = given; next !== undefined || this.#posts.size <= this.#wanted; next = undefined) {
      let lane: Lane | undefined;
      try {
        lane = await (next ?? openLane(over));
        this.lanes.push(lane);
        await work(lane).finally(() => this.lanes.splice(this.lanes.indexOf(lane!), 1));
        if (over.aborted) this.#left.push(lane);
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

async function closeAll(lanes: readonly UploadLane[]): Promise<void> {
  await Promise.allSettled(lanes.map((lane) => lane.close()));
}

/** A fault of the line, which another attempt may not meet again. */
function isPassing(error: unknown): boolean {
  return error instanceof MentorError && ["host-lost", "host-silent", "host-refused", "host-not-found"].includes(error.code);
}
