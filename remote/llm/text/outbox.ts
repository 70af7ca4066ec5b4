/**
 * Where the scheduler leaves what it has for a reader. Putting in never waits; the reader takes out
 * at his own pace. Bounded by the longest answer.
 */
export class Outbox<Item> implements AsyncIterable<Item> {
  #items: Item[] = [];
  #end: { error?: unknown } | null = null;
  #wake: (() => void) | null = null;

  put(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** No more comes; with an error, the reader meets it after the last item. */
  close(error?: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void> {
    while (true) {
      const items = this.#items;
      this.#items = [];
      yield* items;
      if (this.#items.length > 0) continue;
      if (this.#end !== null) {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
  }
}
