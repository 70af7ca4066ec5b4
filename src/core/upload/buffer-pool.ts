/**
 * A bounded number of chunk buffers, used again and again: memory stays the same whatever the
 * file's size, and the garbage collector has nothing to do. They lie in memory that threads share.
 */
export class BufferPool {
  /** Buffers that there may be at the most. */
  readonly size: number;
  readonly #bytes: number;
  readonly #free: Buffer[] = [];
  readonly #waiting: ((buffer: Buffer) => void)[] = [];
  #made = 0;

  /** @param bytes of one buffer @param size how many there may be */
  constructor(bytes: number, size: number) {
    this.#bytes = bytes;
    this.size = size;
  }

  /** A buffer of unspecified content, as soon as one is free. */
  async take(): Promise<Buffer> {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    if (this.#made < this.size) {
      this.#made++;
      return Buffer.from(new SharedArrayBuffer(this.#bytes));
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Gives back a buffer, or any part of one. */
  give(part: Buffer): void {
    const buffer = Buffer.from(part.buffer as SharedArrayBuffer);
    const next = this.#waiting.shift();
    if (next !== undefined) next(buffer);
    else this.#free.push(buffer);
  }
}
