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
export function openHasher(bytes: number, whole: boolean, threadFile = threadsFile()): Hasher {
  return bytes < WORTH_A_THREAD_BYTES ? new InlineHasher(whole) : new ThreadHasher(whole, threadFile);
}

/** Bundled, the thread's file lies beside ours under the bundle's ending. */
const threadsFile = (): URL => new URL(`./hash-worker.${import.meta.filename.endsWith(".ts") ? "ts" : "mjs"}`, import.meta.url);

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

interface Question {
  request: HashRequest;
  resolve(hash: string | Promise<string>): void;
  reject(error: unknown): void;
}

class ThreadHasher implements Hasher {
  readonly #worker: Worker;
  /** The thread answers in the order in which it is asked. */
  readonly #open: Question[] = [];
  readonly #whole: boolean;
  #answered = false;
  /** Where no thread can be started, slower: an installed app may be unable to load one from its archive. */
  #instead: InlineHasher | undefined;
  #failure: unknown;

  constructor(whole: boolean, file: URL) {
    this.#whole = whole;
    this.#worker = new Worker(file, { workerData: { whole }, resourceLimits: { maxYoungGenerationSizeMb: 2 } });
    this.#worker.on("message", (hash: HashAnswer) => {
      this.#answered = true;
      this.#open.shift()?.resolve(hash);
    });
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
    if (this.#instead !== undefined) return answerInline(this.#instead, request);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#open.push({ request, resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origins
      this.#worker.postMessage(request);
    });
  }

  #fail(error: unknown): void {
    if (!this.#answered) this.#instead ??= new InlineHasher(this.#whole);
    else this.#failure ??= error;
    for (const { request, resolve, reject } of this.#open.splice(0)) {
      if (this.#instead === undefined) reject(error);
      else resolve(answerInline(this.#instead, request));
    }
  }
}

function answerInline(hasher: InlineHasher, request: HashRequest): Promise<string> {
  if (request === "whole") return hasher.whole();
  return hasher.chunk(Buffer.from(request.buffer, request.offset, request.length), request.next);
}
