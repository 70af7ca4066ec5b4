import type { LlamaContext, Token } from "node-llama-cpp";
import { RequestAccounts } from "./accounts.ts";
import type { EndReason, Job } from "./job.ts";
import { FairQueue, QueueFullError } from "./queue.ts";
import { Slots, type Slot } from "./slots.ts";
import { StateCopies } from "./state-copies.ts";
import { Stream, type Step } from "./stream.ts";

/**
 * Why one loop drives every conversation in lockstep.
 *
 * llama.cpp is fast for many readers at once because it evaluates one token of every conversation
 * in a single batch: the weights are read from memory once a batch, whether it serves one student
 * or eight. node-llama-cpp collects that batch by itself when each conversation loops freely, but
 * its collector has two defects, both measured and both independent of load: N free loops batch
 * only N − 1 conversations (two of them: none), because the loop whose token just arrived is never
 * back in time; and an erase on one sequence waits until the others have finished, so that a new
 * request can starve behind a long answer.
 *
 * So nothing here runs freely. Time is cut into ticks. In a tick every decoding stream asks for its
 * next token and waiting prompts put in pieces up to a bounded number of tokens; all of that is
 * asked for before anything is awaited, so the collector sees the whole tick and makes one batch
 * of it. Only when all have their answer is the tick over. Between ticks, when nothing is under
 * evaluation and every lock is free, streams end, aborted ones are taken out, slots are erased
 * and new requests are admitted: an erase is instant and a newcomer waits for one tick at most.
 *
 * A prompt that begins like another one is not evaluated from its beginning again: what they share
 * is copied from the memory of whoever has it, and where that is being evaluated just now, the
 * others wait until it is there. A class that asks at the same moment pays for its course material
 * once.
 *
 * The price is that all go at the pace of the tick. Two rules keep it short: a prompt is evaluated
 * in bounded pieces while others are being answered, and nothing inside a tick ever waits for a
 * socket: tokens are handed to callbacks that only store them, and whoever reads slowly reads from
 * that store at his own pace.
 */
export interface SchedulerOptions {
  /** Requests that may wait for a slot. */
  queueLimit: number;
  /** Prompt tokens a tick while others are being answered; alone, a prompt gets the whole batch. */
  promptPiece: number;
  /** A memory of so many tokens is copied in the time in which one token is evaluated, or faster. */
  copiedPerEvaluated: number;
  /** Fewer tokens are evaluated as quickly as the shortest memory is copied. */
  fewestCopied: number;
}

/** What one slot does, for whoever looks at the server. */
export interface SlotState {
  id: number;
  /** Tokens in its memory. */
  cachedTokens: number;
  stream: { promptTokens: number; promptLeft: number; generated: number; maxTokens: number } | null;
}

/** Of jobs that name nobody. */
const UNNAMED = "";

/** For fewer tokens nobody waits until another has evaluated them. */
const FEWEST_AWAITED = 16;

export class Scheduler {
  readonly requests = new RequestAccounts();
  readonly counters = { ticks: 0, promptTokens: 0, cachedTokens: 0, generatedTokens: 0 };
  readonly #slots: Slots;
  readonly #queue: FairQueue<Job>;
  readonly #batchSize: number;
  readonly #promptPiece: number;
  readonly #copiedPerEvaluated: number;
  readonly #fewestCopied: number;
  readonly #copies = new StateCopies();
  #streams: Stream[] = [];
  #running: Promise<void> | null = null;
  /** What all that is still there ends with, once it is to end. */
  #ending: { error: unknown } | null = null;

  constructor(context: LlamaContext, options: SchedulerOptions) {
    this.#slots = new Slots(context, this.#copies);
    this.#queue = new FairQueue(options.queueLimit);
    this.#batchSize = context.batchSize;
    this.#promptPiece = options.promptPiece;
    this.#copiedPerEvaluated = options.copiedPerEvaluated;
    this.#fewestCopied = options.fewestCopied;
  }

  /** Requests being answered. */
  get active(): number {
    return this.#streams.length;
  }

  /** Requests waiting for a slot. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Requests that may wait. */
  get queueLimit(): number {
    return this.#queue.limit;
  }

  slots(): SlotState[] {
    return this.#slots.all().map((slot, id) => {
      const stream = this.#streams.find((other) => other.slot === slot);
      const { promptLeft = 0, generated = 0 } = stream ?? {};
      return { id, cachedTokens: slot.sequence.nextTokenIndex, stream: stream === undefined ? null : { promptTokens: stream.job.prompt.length, promptLeft, generated, maxTokens: stream.job.maxTokens } };
    });
  }

  /** @throws QueueFullError when no slot is free and the queue has no place for this client. */
  submit(asked: Job): void {
    if (asked.signal.aborted) return asked.onEnd("aborted");
    const client = asked.client ?? UNNAMED;
    if (!this.#queue.hasPlaceFor(client, this.#slots.size - this.#slots.busy)) {
      this.requests.counters.refused++;
      throw this.#fullQueue(client);
    }
    const job = this.requests.watch(asked);
    this.#queue.push(job, client);
    job.signal.addEventListener("abort", () => this.#queue.remove(job) && job.onEnd("aborted"), { once: true });
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is running and nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /**
   * Ends all that runs and waits with this error, between two ticks.
   */
  end(error: unknown): void {
    if (this.#running !== null) this.#ending = { error };
  }

  /** Worth another try when half of those that wait have been served. */
  #fullQueue(client: string): QueueFullError {
    const { meanSeconds } = this.requests;
    const waiting = this.#queue.length;
    const retryAfterSeconds = meanSeconds === null ? null : (meanSeconds / this.#slots.size) * Math.max(1, waiting / 2);
    return new QueueFullError(this.#queue.limit, { waiting, ownWaiting: this.#queue.lengthOf(client), retryAfterSeconds });
  }

  async #run(): Promise<void> {
    try {
      // The first tick of a burst waits for the rest of it: what arrives together starts together.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#streams.length + this.#queue.length > 0) {
        for (const stream of this.#streams) if (stream.job.signal.aborted) await this.#end(stream, "aborted");
        if (this.#ending !== null) await this.#endAll(this.#ending.error);
        await this.#admit();
        await this.#share();
        if (this.#streams.length > 0) await this.#tick();
      }
    } finally {
      this.#running = null;
      this.#ending = null;
    }
  }

  async #admit(): Promise<void> {
    for (let job = this.#queue.first(); job !== undefined; job = this.#queue.first()) {
      const slot = this.#slots.take(job.prompt);
      if (slot === null) return;
      this.#queue.shift();
      try {
        await this.#slots.seat(slot, job.prompt);
        const stream = new Stream(job, slot, await slot.adapt(job.prompt));
        stream.leader = this.#leaderOf(stream);
        this.#streams.push(stream);
      } catch (error) {
        await this.#discard(slot);
        job.onError(error);
      }
    }
  }

  /** Of those who came before and still evaluate their prompt, the one who shares most with it. */
  #leaderOf(stream: Stream): Stream["leader"] {
    if (!this.#copies.possible(stream.slot.sequence)) return null;
    let leader: Stream["leader"] = null;
    for (const other of this.#streams) {
      if (other.promptLeft === 0) continue;
      const tokens = commonPrefix(stream.job.prompt, other.job.prompt);
      if (tokens > (leader?.tokens ?? 0)) leader = { stream: other, tokens };
    }
    const known = this.#slots.longestPrefix(stream.job.prompt);
    return leader !== null && leader.tokens - Math.max(known, stream.evaluated) >= FEWEST_AWAITED ? leader : null;
  }

  /** Copies the beginnings of prompts that another slot remembers to where nothing is evaluated yet. */
  async #share(): Promise<void> {
    const followers = new Map<Slot, Stream[]>();
    for (const stream of this.#streams) {
      if (!stream.untouched || stream.promptLeft === 0 || !this.#copies.possible(stream.slot.sequence)) continue;
      const { leader } = stream;
      if (leader !== null && this.#streams.includes(leader.stream) && leader.stream.promptLeft > 0 && leader.stream.evaluated < leader.tokens) continue;
      stream.leader = null;
      const { slot, tokens } = this.#slots.bestSource(stream.job.prompt, this.#copiedPerEvaluated);
      const gained = Math.min(tokens, stream.job.prompt.length - 1) - stream.evaluated;
      if (slot === stream.slot || gained < this.#fewestCopied || slot.length > gained * this.#copiedPerEvaluated) continue;
      followers.set(slot, [...(followers.get(slot) ?? []), stream]);
    }
    for (const [slot, streams] of followers) {
      await this.#copies.copy(slot.sequence, streams.map((stream) => stream.slot.sequence));
      for (const stream of streams) stream.resume(await stream.slot.adapt(stream.job.prompt));
      if (slot.beginning) this.#slots.touch(slot);
      else await this.#keepBeginning(streams[0]!);
    }
  }

  /** Keeps by itself what this stream has just been given: the next one copies that alone. */
  async #keepBeginning({ job, evaluated, slot }: Stream): Promise<void> {
    const place = evaluated < this.#fewestCopied ? null : this.#slots.placeForBeginning(job.prompt.slice(0, evaluated));
    if (place === null) return;
    place.beginning = await this.#copies.copy(slot.sequence, [place.sequence]);
    this.#slots.touch(place);
  }

  async #tick(): Promise<void> {
    this.counters.ticks++;
    const pending: { stream: Stream; step: Promise<Step> }[] = [];
    const decoding = this.#streams.filter((stream) => stream.promptLeft === 0);
    let room = this.#batchSize - decoding.length;
    if (decoding.length > 0) room = Math.min(room, this.#promptPiece);
    for (const stream of decoding) pending.push({ stream, step: stream.decode() });
    for (const stream of this.#streams) {
      const count = stream.leader === null ? Math.min(stream.promptLeft, room) : 0;
      if (count === 0 || decoding.includes(stream)) continue;
      room -= count;
      if (stream.untouched) {
        this.counters.cachedTokens += stream.cached;
        stream.job.onStart(stream.cached);
      }
      this.counters.promptTokens += count;
      pending.push({ stream, step: stream.prefill(count) });
    }
    const outcomes = await Promise.allSettled(pending.map(({ step }) => step));
    for (const [index, outcome] of outcomes.entries()) {
      const { stream } = pending[index]!;
      if (outcome.status === "rejected") await this.#fail(stream, outcome.reason);
      else await this.#deliver(stream, outcome.value).catch((error: unknown) => this.#fail(stream, error));
    }
  }

  async #deliver(stream: Stream, step: Step): Promise<void> {
    if (step === "prefilled") return;
    if (step === "ended") return this.#end(stream, "stop");
    this.counters.generatedTokens++;
    if (!stream.job.onToken(step.token, step.scored)) return this.#end(stream, "stop");
    if (stream.generated >= stream.job.maxTokens) return this.#end(stream, "length");
  }

  async #end(stream: Stream, reason: EndReason): Promise<void> {
    this.#streams = this.#streams.filter((other) => other !== stream);
    await stream.end();
    this.#slots.release(stream.slot);
    stream.job.onEnd(reason);
  }

  async #fail(stream: Stream, error: unknown): Promise<void> {
    this.#streams = this.#streams.filter((other) => other !== stream);
    await stream.end();
    await this.#discard(stream.slot);
    stream.job.onError(error);
  }

  async #endAll(error: unknown): Promise<void> {
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) job.onError(error);
    for (const stream of this.#streams) await this.#fail(stream, error);
  }

  async #discard(slot: Slot): Promise<void> {
    await slot.reset();
    this.#slots.release(slot);
  }
}

function commonPrefix(one: readonly Token[], other: readonly Token[]): number {
  const shorter = Math.min(one.length, other.length);
  let length = 0;
  while (length < shorter && one[length] === other[length]) length++;
  return length;
}
