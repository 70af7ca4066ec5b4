import type { Turn } from "./prompt.ts";

const CONVERSATIONS_MAX = 500;
const TURNS_MAX = 8;

/** What was said lately, by conversation: in memory only, and the longest unused goes first. */
export class Conversations {
  readonly #turns = new Map<string, Turn[]>();

  history(id: string | undefined): readonly Turn[] {
    return id === undefined ? [] : (this.#turns.get(id) ?? []);
  }

  /** Takes back the last turns, so that a question that was changed is not answered out of its old self. */
  forget(id: string | undefined, turns: number): void {
    if (id !== undefined && turns > 0) this.#turns.set(id, this.history(id).slice(0, -turns));
  }

  add(id: string | undefined, turn: Turn): void {
    if (id === undefined) return;
    const turns = [...this.history(id), turn].slice(-TURNS_MAX);
    // A Map keeps the order of insertion: put last again, the first is the longest unused.
    this.#turns.delete(id);
    this.#turns.set(id, turns);
    if (this.#turns.size > CONVERSATIONS_MAX) this.#turns.delete(this.#turns.keys().next().value!);
  }
}
