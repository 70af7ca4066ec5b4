import type { Context } from "hono";
import type { LoadedChat } from "../engine/engine.ts";
import { generate, type GenerationEvent, type GenerationRequest, type Usage } from "../generation.ts";
import type { ScoredToken } from "../scheduling/job.ts";
import { toApiError } from "./errors.ts";
import { RANDOM_SEED } from "./sampling.ts";

type Finish = "stop" | "length";

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
  closing(index: number, finish: Finish): object;
  /** The chunk that only carries the counts. */
  counts(usage: object): object;
  whole(choices: (Piece & { finish: Finish })[], usage: object): object;
}

export interface AnswerOptions {
  stream: boolean;
  includeUsage: boolean;
  /** How many answers to the one prompt. */
  choices: number;
}

/** Generates and answers as asked. When the reader goes away, the slots are freed. */
export async function answer(context: Context, chat: LoadedChat, request: GenerationRequest, shape: AnswerShape, { stream, includeUsage, choices }: AnswerOptions): Promise<Response> {
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
    return new Response(toByteStream(serverSentEvents(all, shape, { includeUsage, scored, end: () => gone.abort() }), () => gone.abort()), { headers });
  }
  try {
    const answers = await Promise.all(all.map(whole));
    return context.json(shape.whole(answers.map(({ text, tokens, finish }, index) => ({ index, text, tokens: scored ? tokens : null, finish })), countsOf(answers.map(({ usage }) => usage))));
  } catch (error) {
    gone.abort();
    throw error;
  }
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

async function* serverSentEvents(all: AsyncIterable<GenerationEvent>[], shape: AnswerShape, { includeUsage, scored, end }: { includeUsage: boolean; scored: boolean; end(): void }): AsyncGenerator<string> {
  try {
    for (const index of all.keys()) {
      const opening = shape.opening(index);
      if (opening !== null) yield serverSentEvent(opening);
    }
    const usages: Usage[] = [];
    for await (const { index, event } of asTheyCome(all)) {
      if ("finish" in event) {
        usages.push(event.usage);
        yield serverSentEvent(shape.closing(index, event.finish));
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
