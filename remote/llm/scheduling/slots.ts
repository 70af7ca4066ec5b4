import type { LlamaContext, LlamaContextSequence, Token } from "node-llama-cpp";

/** One sequence of the context, with what the last conversation left in its memory. */
export class Slot {
  readonly sequence: LlamaContextSequence;
  busy = false;
  /** Grows with every use of any slot. */
  lastUsed = 0;

  constructor(sequence: LlamaContextSequence) {
    this.sequence = sequence;
  }

  commonPrefix(prompt: readonly Token[]): number {
    return this.sequence.compareContextTokens(prompt as Token[]).firstDifferentIndex;
  }

  /**
   * Forgets what does not begin the prompt and answers how many of its tokens need no evaluation.
   * The last token is always evaluated anew: without it there is nothing to sample from.
   */
  async adapt(prompt: readonly Token[]): Promise<number> {
    const reused = Math.min(this.commonPrefix(prompt), prompt.length - 1);
    const end = this.sequence.nextTokenIndex;
    if (reused < end) await this.sequence.eraseContextTokenRanges([{ start: reused, end }]);
    return this.sequence.nextTokenIndex;
  }

  /** After a failed evaluation nobody knows what the memory holds. */
  async reset(): Promise<void> {
    await this.sequence.clearHistory();
  }
}

/** As many conversations as are answered at once. */
export class Slots {
  readonly #slots: Slot[];
  #uses = 0;

  constructor(context: LlamaContext) {
    this.#slots = Array.from({ length: context.totalSequences }, () => new Slot(context.getSequence({ contextShift: { size: 1, strategy: refuseShift } })));
  }

  get size(): number {
    return this.#slots.length;
  }

  all(): readonly Slot[] {
    return this.#slots;
  }

  get busy(): number {
    return this.#slots.filter((slot) => slot.busy).length;
  }

  /**
   * The free slot that this prompt continues, else the one unused for longest, else null. A shared
   * beginning counts only when it is most of what the slot holds: the system text alone, which all
   * conversations share, is no reason to throw another student's conversation away.
   */
  take(prompt: readonly Token[]): Slot | null {
    let best: Slot | null = null;
    let bestPrefix = 0;
    for (const slot of this.#slots) {
      if (slot.busy) continue;
      const shared = slot.commonPrefix(prompt);
      const prefix = shared * 2 >= slot.sequence.nextTokenIndex ? shared : 0;
      if (best === null || prefix > bestPrefix || (prefix === bestPrefix && slot.lastUsed < best.lastUsed)) {
        best = slot;
        bestPrefix = prefix;
      }
    }
    if (best !== null) best.busy = true;
    return best;
  }

  release(slot: Slot): void {
    slot.busy = false;
    slot.lastUsed = ++this.#uses;
  }
}

/** A shift would silently drop the beginning of a conversation; answers end before it comes to that. */
function refuseShift(): never {
  throw new Error("A conversation outgrew its context.");
}
