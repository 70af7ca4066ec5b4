import type { Context } from "hono";
import type { LoadedChat } from "../engine/engine.ts";
import { AnswerReader, type AnswerMarkup } from "../markup/answer-reader.ts";
import type { AnswerPart } from "../markup/tool-call.ts";
import { generate, type GenerationEvent, type GenerationRequest, type Usage } from "../generation.ts";
import type { ScoredToken } from "../scheduling/job.ts";
import { toApiError } from "./errors.ts";
import { RANDOM_SEED } from "./sampling.ts";

type Finish = "stop" | "length" | "tool_calls";

/** Text of one choice, with the log probabilities of its tokens where they were asked for. */
export interface Piece {
  /** Which of the `n` answers. */
  index: number;
  text: string;
  tokens: ScoredToken[] | null;
}

/** How one endpoint writes an answer, in pieces or as a whole. */
export interface AnswerShape {
  /** Sent before the first text of a choice; null for nothing. */
  opening(index: number): object | null;
  piece(piece: Piece): object;
  /** A piece of an answer with markup; `calls` are those before it. */
  part?(index: number, part: AnswerPart, tokens: ScoredToken[] | null, calls: number): object;
  closing(index: number, finish: Finish): object;
  /** The chunk that only carries the counts. */
  counts(usage: object): object;
  /** `parts` are null where there is no markup to read. */
  whole(choices: (Piece & { parts: AnswerPart[] | null; finish: Finish })[], usage: object): object;
}

export interface AnswerOptions {
  stream: boolean;
  includeUsage: boolean;
  /** How many answers to the one prompt. */
  choices: number;
  /** What is read out of the answer; null where it is text and nothing else. */
  markup: AnswerMarkup | null;
}

/** Generates and answers as asked. When the reader goes away, the slots are freed. */
export async function answer(context: Context, chat: LoadedChat, request: GenerationRequest, shape: AnswerShape, { stream, includeUsage, choices, markup }: AnswerOptions): Promise<Response> {
  const gone = new AbortController();
  const signal = AbortSignal.any([context.req.raw.signal, gone.signal]);
  const scored = request.alternatives !== null;
  const { sampling } = request;
  let all: AsyncIterable<GenerationEvent>[];
  try {
    all = Array.from({ length: choices }, (_, index) => generate(chat, { ...request, sampling: { ...sampling, seed: (sampling.seed + index) % RANDOM_SEED } }, signal));
  } catch (error) {
    // Those that found a place before the queue was full are not wanted alone.
    gone.abort();
    throw error;
  }
  if (stream) {
    const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no" };
    return new Response(toByteStream(serverSentEvents(all, shape, { includeUsage, scored, markup, end: () => gone.abort() }), () => gone.abort()), { headers });
  }
  try {
    const answers = await Promise.all(all.map(whole));
    return context.json(shape.whole(answers.map(({ text, tokens, finish }, index) => {
      const parts = markup === null ? null : partsOf(text, markup);
      return { index, text, parts, tokens: scored ? tokens : null, finish: parts?.some((part) => "call" in part) && finish === "stop" ? ("tool_calls" as const) : finish };
    }), countsOf(answers.map(({ usage }) => usage))));
  } catch (error) {
    gone.abort();
    throw error;
  }
}

function partsOf(text: string, markup: AnswerMarkup): AnswerPart[] {
  const reader = new AnswerReader(markup);
  return [...reader.push(text), ...reader.end()];
}

async function whole(events: AsyncIterable<GenerationEvent>): Promise<{ text: string; tokens: ScoredToken[]; finish: Finish; usage: Usage }> {
  let text = "";
  const tokens: ScoredToken[] = [];
  for await (const event of events) {
    if ("finish" in event) return { text, tokens, ...event };
    text += event.text;
    tokens.push(...event.tokens);
  }
  throw new Error("The answer ended without a reason.");
}

async function* serverSentEvents(all: AsyncIterable<GenerationEvent>[], shape: AnswerShape, { includeUsage, scored, markup, end }: { includeUsage: boolean; scored: boolean; markup: AnswerMarkup | null; end(): void }): AsyncGenerator<string> {
  try {
    for (const index of all.keys()) {
      const opening = shape.opening(index);
      if (opening !== null) yield serverSentEvent(opening);
    }
    const usages: Usage[] = [];
    const writers = all.map((_, index) => (markup === null ? null : new PartWriter(shape, index, markup)));
    for await (const { index, event } of asTheyCome(all)) {
      const writer = writers[index];
      if ("finish" in event) {
        usages.push(event.usage);
        for (const part of writer?.end() ?? []) yield serverSentEvent(part);
        yield serverSentEvent(shape.closing(index, writer?.hasCalled === true && event.finish === "stop" ? "tool_calls" : event.finish));
      } else if (writer) {
        for (const part of writer.push(event.text, scored ? event.tokens : null)) yield serverSentEvent(part);
      } else yield serverSentEvent(shape.piece({ index, text: event.text, tokens: scored ? event.tokens : null }));
    }
    if (includeUsage) yield serverSentEvent(shape.counts(countsOf(usages)));
    yield "data: [DONE]\n\n";
  } catch (error) {
    // One of several answers failed: nobody reads the others any more.
    end();
    yield serverSentEvent({ error: toApiError(error).body });
  }
}

/** Writes the parts of one answer as they become clear. */
class PartWriter {
  readonly #shape: AnswerShape;
  readonly #index: number;
  readonly #reader: AnswerReader;
  #calls = 0;
  #tokens: ScoredToken[] | null = null;

  constructor(shape: AnswerShape, index: number, markup: AnswerMarkup) {
    this.#shape = shape;
    this.#index = index;
    this.#reader = new AnswerReader(markup);
  }

  get hasCalled(): boolean {
    return this.#calls > 0;
  }

  push(text: string, tokens: ScoredToken[] | null): object[] {
    if (tokens !== null) this.#tokens = [...(this.#tokens ?? []), ...tokens];
    return this.#write(this.#reader.push(text));
  }

  end(): object[] {
    return this.#write(this.#reader.end());
  }

  /** The tokens so far go with the first part that comes of them. */
  #write(parts: readonly AnswerPart[]): object[] {
    return parts.map((part) => {
      const tokens = this.#tokens;
      this.#tokens = null;
      return this.#shape.part!(this.#index, part, tokens, "call" in part ? this.#calls++ : this.#calls);
    });
  }
}

/** The events of several answers, each as soon as it is there. */
async function* asTheyCome(all: AsyncIterable<GenerationEvent>[]): AsyncGenerator<{ index: number; event: GenerationEvent }> {
  const readers = all.map((events) => events[Symbol.asyncIterator]());
  const next = async (index: number) => ({ index, result: await readers[index]!.next() });
  const pending = new Map(readers.map((_, index) => [index, next(index)]));
  while (pending.size > 0) {
    const { index, result } = await Promise.race(pending.values());
    pending.delete(index);
    if (result.done === true) continue;
    yield { index, event: result.value };
    // Not before: when the reader never comes back, nobody would hear of its failure.
    pending.set(index, next(index));
  }
}

function serverSentEvent(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

/** Asks for the next piece only when the socket has taken the last one. */
function toByteStream(pieces: AsyncGenerator<string>, onCancel: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { value, done } = await pieces.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
}

/** The prompt counts once, however many answers it got. */
function countsOf(usages: readonly Usage[]): object {
  const [{ promptTokens, cachedTokens }] = usages as [Usage];
  const completionTokens = usages.reduce((sum, usage) => sum + usage.completionTokens, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
