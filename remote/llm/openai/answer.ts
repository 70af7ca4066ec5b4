import type { Context } from "hono";
import type { Engine } from "../engine/engine.ts";
import { generate, type GenerationEvent, type GenerationRequest, type Usage } from "../generation.ts";
import { toApiError } from "./errors.ts";

type Finish = "stop" | "length";

/** How one endpoint writes an answer, in pieces or as a whole. */
export interface AnswerShape {
  /** Sent before the first text; null for nothing. */
  opening: object | null;
  piece(text: string): object;
  closing(finish: Finish): object;
  /** The chunk that only carries the counts. */
  counts(usage: object): object;
  whole(text: string, finish: Finish, usage: object): object;
}

export interface AnswerOptions {
  stream: boolean;
  includeUsage: boolean;
}

/** Generates and answers as asked. When the reader goes away, the slot is freed. */
export async function answer(context: Context, chat: Engine["chat"], request: GenerationRequest, shape: AnswerShape, { stream, includeUsage }: AnswerOptions): Promise<Response> {
  const gone = new AbortController();
  const events = generate(chat, request, AbortSignal.any([context.req.raw.signal, gone.signal]));
  if (stream) {
    const headers = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store", "x-accel-buffering": "no" };
    return new Response(toByteStream(serverSentEvents(events, shape, includeUsage), () => gone.abort()), { headers });
  }
  let text = "";
  for await (const event of events) {
    if ("text" in event) text += event.text;
    else return context.json(shape.whole(text, event.finish, countsOf(event.usage)));
  }
  throw new Error("The answer ended without a reason.");
}

async function* serverSentEvents(events: AsyncIterable<GenerationEvent>, shape: AnswerShape, includeUsage: boolean): AsyncGenerator<string> {
  try {
    if (shape.opening !== null) yield serverSentEvent(shape.opening);
    for await (const next of events) {
      if ("text" in next) yield serverSentEvent(shape.piece(next.text));
      else {
        yield serverSentEvent(shape.closing(next.finish));
        if (includeUsage) yield serverSentEvent(shape.counts(countsOf(next.usage)));
      }
    }
    yield "data: [DONE]\n\n";
  } catch (error) {
    yield serverSentEvent({ error: toApiError(error).body });
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

function countsOf({ promptTokens, cachedTokens, completionTokens }: Usage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}
