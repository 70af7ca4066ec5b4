/** What whoever is turned away is told. */
export interface QueueRefusal {
  /** Requests that may wait. */
  limit: number;
  /** Requests that do wait. */
  waiting: number;
  /** Those of them that came from the same client; null where nobody counts clients. */
  ownWaiting: number | null;
  /** Seconds after which another try makes sense; null where nothing was measured yet. */
  retryAfterSeconds: number | null;
}

export class QueueFullError extends Error {
  readonly limit: number;
  readonly waiting: number;
  readonly ownWaiting: number | null;
  readonly retryAfterSeconds: number | null;

  constructor(limit: number, { waiting = limit, ownWaiting = null, retryAfterSeconds = null }: Partial<Omit<QueueRefusal, "limit">> = {}) {
    super(`${waiting} requests are waiting already, and ${limit} may.`);
    this.name = "QueueFullError";
    this.limit = limit;
    this.waiting = waiting;
    this.ownWaiting = ownWaiting;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/**
 * Never longer than its limit: who waits is bounded, who comes later is told.
 *
 * Clients take turns, and within a client it goes by arrival. A program that puts in a hundred
 * requests waits for itself: a student who comes then is served after one request of each client
 * that waits already, at the latest. The last quarter of the places is kept for clients that have
 * none waiting, else that program would turn the student away at the door.
 */
export class FairQueue<Item> {
  readonly limit: number;
  readonly #reserved: number;
  /** In the order of their turns; none without an item. */
  readonly #clients = new Map<string, Item[]>();
  #length = 0;

  constructor(limit: number) {
    this.limit = limit;
    this.#reserved = Math.floor(limit / 4);
  }

  get length(): number {
    return this.#length;
  }

  /** Items of this client that wait. */
  lengthOf(client: string): number {
    return this.#clients.get(client)?.length ?? 0;
  }

  /** `leaving` of those that wait are about to be taken out and do not count. */
  hasPlaceFor(client: string, leaving: number): boolean {
    const free = this.limit + leaving - this.#length;
    return free > this.#reserved || (free > 0 && !this.#clients.has(client));
  }

  push(item: Item, client: string): void {
    this.#length++;
    const own = this.#clients.get(client);
    if (own === undefined) this.#clients.set(client, [item]);
    else own.push(item);
  }

  first(): Item | undefined {
    for (const [first] of this.#clients.values()) return first;
    return undefined;
  }

  /** Takes out the first; its client's next turn comes after all others'. */
  shift(): Item | undefined {
    for (const [client, [first, ...rest]] of this.#clients) {
      this.#length--;
      this.#clients.delete(client);
      if (rest.length > 0) this.#clients.set(client, rest);
      return first;
    }
    return undefined;
  }

  /** Takes out one that does not wait any longer; whether it was still there. */
  remove(item: Item): boolean {
    for (const [client, own] of this.#clients) {
      const place = own.indexOf(item);
      if (place < 0) continue;
      this.#length--;
      own.splice(place, 1);
      if (own.length === 0) this.#clients.delete(client);
      return true;
    }
    return false;
  }
}
