import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { HashAnswer, HashRequest } from "./hash-worker.ts";

/** SHA-256 of chunks, and of the whole that they make when they come in order. Lower-case hexadecimal. */
export interface Hasher {
  /** The bytes must stay as they are until the promise settles. `next`: they go on where the whole has got to. */
  chunk(bytes: Buffer, next: boolean): Promise<string>;
  /** Of all that went on, one after the other. */
  whole(): Promise<string>;
  close(): Promise<void>;
}

/** Below this a thread takes longer to start than the file to hash. */
const WORTH_A_THREAD_BYTES = 32 * 2 ** 20;

/**
 * Hashes a file of `bytes`; `whole` where the hash of all of it is wanted too. A big one is hashed
 * in a thread of its own: at the speed of a fast line, hashing is half of all the work there is, and
 * the thread that encrypts and sends has no time for it. Its bytes must lie in shared memory.
 */
export function openHasher(bytes: number, whole: boolean): Hasher {
  return bytes < WORTH_A_THREAD_BYTES ? new InlineHasher(whole) : new ThreadHasher(whole);
}

class InlineHasher implements Hasher {
  readonly #whole: ReturnType<typeof createHash> | undefined;

  constructor(whole: boolean) {
    this.#whole = whole ? createHash("sha256") : undefined;
  }

  async chunk(bytes: Buffer, next: boolean): Promise<string> {
    if (next) this.#whole?.update(bytes);
    return createHash("sha256").update(bytes).digest("hex");
  }

  async whole(): Promise<string> {
    return this.#whole!.copy().digest("hex");
  }

  async close(): Promise<void> {}
}

class ThreadHasher implements Hasher {
  readonly #worker: Worker;
  /** The thread answers in the order in which it is asked. */
  readonly #waiting: { resolve(hash: string): void; reject(error: unknown): void }[] = [];
  #failure: unknown;

  constructor(whole: boolean) {
    // Bundled, the thread's file lies beside ours under the bundle's ending.
    const ending = import.meta.filename.endsWith(".ts") ? "ts" : "mjs";
    this.#worker = new Worker(new URL(`./hash-worker.${ending}`, import.meta.url), { workerData: { whole }, resourceLimits: { maxYoungGenerationSizeMb: 2 } });
    this.#worker.on("message", (hash: HashAnswer) => this.#waiting.shift()?.resolve(hash));
    this.#worker.on("error", (error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("the hashing thread ended")));
  }

  chunk(bytes: Buffer, next: boolean): Promise<string> {
    return this.#ask({ buffer: bytes.buffer as SharedArrayBuffer, offset: bytes.byteOffset, length: bytes.length, next });
  }

  whole(): Promise<string> {
    return this.#ask("whole");
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #ask(request: HashRequest): Promise<string> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
      this.#worker.postMessage(request);
    });
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}
