import type { LlamaContext, LlamaContextSequence, Token } from "node-llama-cpp";
import type { StateCopies } from "./state-copies.ts";

/** Fewer conversations than this are too few to give one up for what others begin with. */
const SLOTS_A_BEGINNING = 8;

/** What one conversation left in the context's memory, and the seat where it lies. */
export class Slot {
  /** Place of its sequence among all of the context's. */
  seat: number;
  sequence: LlamaContextSequence;
  busy = false;
  /** Holds what several prompts began with and nothing more, to be copied from. */
  beginning = false;
  /** Grows with every use of any slot. */
  lastUsed = 0;

  constructor(seat: number, sequence: LlamaContextSequence) {
    this.seat = seat;
    this.sequence = sequence;
  }

  get length(): number {
    return this.sequence.nextTokenIndex;
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

/**
 * As many conversations as are answered at once.
 *
 * llama.cpp evaluates in one pass only sequences whose numbers follow each other without a gap.
 * Two answers in the seats 0 and 2 cost two passes over all weights, eight in every other seat
 * eight. So whoever comes is seated beside those who are there already, and if the memory of the
 * conversation lies elsewhere, it changes places with what lies at that seat.
 */
export class Slots {
  readonly #slots: Slot[];
  readonly #copies: StateCopies;
  #uses = 0;

  constructor(context: LlamaContext, copies: StateCopies) {
    this.#slots = Array.from({ length: context.totalSequences }, (_, seat) => new Slot(seat, context.getSequence({ contextShift: { size: 1, strategy: refuseShift } })));
    this.#copies = copies;
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
   * conversations share, is no reason to throw another student's conversation away. A kept beginning
   * is taken last of all.
   */
  take(prompt: readonly Token[]): Slot | null {
    let best: Slot | null = null;
    let bestPrefix = 0;
    for (const slot of this.#slots) {
      if (slot.busy || slot.beginning) continue;
      const prefix = worthKeeping(slot, prompt);
      if (best === null || prefix > bestPrefix || (prefix === bestPrefix && slot.lastUsed < best.lastUsed)) {
        best = slot;
        bestPrefix = prefix;
      }
    }
    best ??= leastRecentlyUsed(this.#slots.filter((slot) => !slot.busy));
    if (best !== null) {
      best.busy = true;
      best.beginning = false;
    }
    return best;
  }

  release(slot: Slot): void {
    slot.busy = false;
    this.touch(slot);
  }

  touch(slot: Slot): void {
    slot.lastUsed = ++this.#uses;
  }

  /** Most tokens of the prompt's beginning that any slot, busy or not, remembers. */
  longestPrefix(prompt: readonly Token[]): number {
    return Math.max(...this.#slots.map((slot) => slot.commonPrefix(prompt)));
  }

  /**
   * The slot, busy or not, from which copying saves most. A copy carries all of a slot's memory,
   * and so many of its tokens take as long as evaluating one.
   */
  bestSource(prompt: readonly Token[], copiedPerEvaluated: number): { slot: Slot; tokens: number } {
    const sources = this.#slots.map((slot) => ({ slot, tokens: slot.commonPrefix(prompt) }));
    const saved = ({ slot, tokens }: (typeof sources)[number]) => tokens - slot.length / copiedPerEvaluated;
    return sources.reduce((best, one) => (saved(one) > saved(best) ? one : best));
  }

  /**
   * Where a beginning that prompts share may be kept by itself: in one slot of eight, the one unused
   * for longest; null where there is none, or one like it is kept. What all students' prompts begin
   * with lies otherwise only in their whole conversations, and to copy it from there is to copy those.
   */
  placeForBeginning(tokens: readonly Token[]): Slot | null {
    const kept = this.#slots.filter(({ beginning }) => beginning);
    if (kept.some((slot) => slot.commonPrefix(tokens) * 4 >= tokens.length * 3)) return null;
    const full = kept.length >= Math.floor(this.#slots.length / SLOTS_A_BEGINNING);
    return leastRecentlyUsed((full ? kept : this.#slots).filter(({ busy }) => !busy));
  }

  /** Brings a slot that was taken for this prompt to the best free seat. */
  async seat(slot: Slot, prompt: readonly Token[]): Promise<void> {
    const neighbours = ({ seat }: Slot) => this.#slots.filter((other) => other !== slot && other.busy && Math.abs(other.seat - seat) === 1).length;
    const better = this.#slots.filter((other) => !other.busy && neighbours(other) > neighbours(slot));
    if (better.length === 0 || !this.#copies.possible(slot.sequence)) return;
    // A gap that closes is worth more than a longer row; among equals the shortest memory moves fastest.
    const other = better.reduce((best, one) => (neighbours(one) > neighbours(best) || (neighbours(one) === neighbours(best) && one.length < best.length) ? one : best));
    if (worthKeeping(slot, prompt) === 0) await slot.reset();
    if (!(await this.#copies.exchange(slot.sequence, other.sequence))) return;
    [slot.seat, other.seat] = [other.seat, slot.seat];
    [slot.sequence, other.sequence] = [other.sequence, slot.sequence];
  }
}

const leastRecentlyUsed = (slots: readonly Slot[]): Slot | null => slots.reduce<Slot | null>((oldest, slot) => (oldest === null || slot.lastUsed < oldest.lastUsed ? slot : oldest), null);

/** Tokens of the slot's memory that this prompt goes on from; 0 where that is too little of it. */
function worthKeeping(slot: Slot, prompt: readonly Token[]): number {
  const shared = slot.commonPrefix(prompt);
  return shared * 2 >= slot.length ? shared : 0;
}

/** A shift would silently drop the beginning of a conversation; answers end before it comes to that. */
function refuseShift(): never {
  throw new Error("A conversation outgrew its context.");
}
