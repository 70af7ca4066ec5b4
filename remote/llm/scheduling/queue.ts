export class QueueFullError extends Error {
  readonly limit: number;

  constructor(limit: number) {
    super(`${limit} requests are waiting already.`);
    this.name = "QueueFullError";
    this.limit = limit;
  }
}

/** First in, first out, and never longer than its limit: who waits is bounded, who comes later is told. */
export class BoundedQueue<Item> {
  readonly limit: number;
  readonly #items: Item[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  get length(): number {
    return this.#items.length;
  }

  /**
   * `leaving` of the items are about to be taken out and do not count.
   *
   * @throws QueueFullError
   */
  push(item: Item, leaving: number): void {
    if (this.#items.length >= this.limit + leaving) throw new QueueFullError(this.limit);
    this.#items.push(item);
  }

  first(): Item | undefined {
    return this.#items[0];
  }

  /** Whether it was still there. */
  remove(item: Item): boolean {
    const index = this.#items.indexOf(item);
    if (index >= 0) this.#items.splice(index, 1);
    return index >= 0;
  }
}
