import { MentorError } from "../../contract/errors.ts";
import type { FetchFrom } from "./lane.ts";
import { parseMirrorUrl } from "./mirror-url.ts";

/** The mirror does not give a chunk; the message says why, beginning with whom was asked. */
export class MirrorRefusal extends MentorError {}

export interface MirrorOptions {
  /** Of the same file. HTTPS, with ranges. */
  url: string;
  /** Silence after which a chunk is given up; default 10. */
  timeoutSeconds?: number;
}

/** A mirror takes a moment before it answers, so several connections ask it at once. */
const FETCHERS = 8;
/** Chunks in a row that it may refuse. */
const MOST_REFUSALS = 3;

/**
 * Another place that is said to hold the same file. It is trusted with time only, never with bytes,
 * and with no more time once it has lied or refused too often.
 */
export class Mirror implements FetchFrom {
  readonly url: string;
  readonly timeoutSeconds: number;
  readonly fetchers = FETCHERS;
  readonly #gone = new AbortController();
  #refusals = 0;
  #bytes = 0;
  #fault: string | undefined;

  /** Throws `input-invalid`. */
  constructor({ url, timeoutSeconds = 10 }: MirrorOptions) {
    this.url = parseMirrorUrl(url);
    this.timeoutSeconds = timeoutSeconds;
  }

  /** For people: the rest of an address may be long, or signed. */
  get name(): string {
    return new URL(this.url).hostname;
  }

  /** Proven bytes that came from it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why it was given up, as the end of a sentence; undefined while it is used. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Aborted when it is given up. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  gave(bytes: number): void {
    this.#bytes += bytes;
    this.#refusals = 0;
  }

  refused(reason: string): void {
    if (++this.#refusals >= MOST_REFUSALS) this.giveUp(reason);
  }

  lied(): void {
    this.giveUp(`${this.name} sent other bytes than the stick holds`);
  }

  /** The first reason counts. */
  giveUp(fault: string): void {
    this.#fault ??= fault;
    this.#gone.abort(new Error(this.#fault));
  }
}
