import { EventSourceParserStream } from "eventsource-parser/stream";
import type { ChatDialect } from "../../src/contract/endpoint.ts";
import { Endpoint, LlmRefusal, type EndpointOptions } from "./endpoint.ts";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** Near to the likeliest words: an answer is to keep to the material. */
export const TEMPERATURE = 0.2;
/**
 * Without the penalty, which llama-server knows by these names, a small model says one paragraph
 * again and again until it is cut. OpenAI knows no such parameters, and strict endpoints refuse them.
 */
const OWN_PARAMETERS = { repeat_penalty: 1.1, repeat_last_n: 256 };
/** How long a foreign endpoint counts as well after it was asked. Milliseconds. */
const FOREIGN_HEALTH_MS = 60_000;

/** What chats: our own LLM server, which needs no name and knows more than OpenAI, or a foreign endpoint. */
export type ChatServer = EndpointOptions & ({ foreign: false } | { foreign: true; model: string; dialect: ChatDialect });

/** What makes embeddings. */
export interface EmbeddingServer extends EndpointOptions {
  foreign: boolean;
  /** Name of the embedding model, as the server knows it. */
  model: string;
  /** Length of its vectors, where it is known. */
  dimension?: number;
}

export interface LlmOptions {
  chat: ChatServer;
  embedding: EmbeddingServer;
}

/** A client of OpenAI-compatible servers: no more of them than the mentor needs. */
export class LlmClient {
  readonly #options: LlmOptions;
  readonly #chat: Endpoint;
  readonly #embedding: Endpoint;
  readonly #healthy: () => Promise<boolean>;

  constructor(options: LlmOptions) {
    this.#options = options;
    const { chat, embedding } = options;
    this.#chat = new Endpoint(chat);
    const one = chat.url === embedding.url && chat.key === embedding.key;
    this.#embedding = one ? this.#chat : new Endpoint(embedding);
    const asked = [health(this.#chat, chat.foreign), ...(one ? [] : [health(this.#embedding, embedding.foreign)])];
    this.#healthy = async () => (await Promise.all(asked.map((ask) => ask()))).every(Boolean);
  }

  /** Never rejects. */
  healthy(): Promise<boolean> {
    return this.#healthy();
  }

  /**
   * One vector for each text, in their order. A text that is too long for the model is embedded by
   * its beginning.
   *
   * @throws LlmRefusal; Error when what came back is not one vector of numbers for each text
   */
  async embed(texts: readonly string[], signal?: AbortSignal): Promise<number[][]> {
    try {
      return await this.#embed(texts, signal);
    } catch (error) {
      if (!(error instanceof LlmRefusal) || !isTooLong(error)) throw error;
      if (texts.length > 1) {
        const vectors: number[][] = [];
        for (const text of texts) vectors.push(...(await this.embed([text], signal)));
        return vectors;
      }
      const half = texts[0]!.slice(0, Math.floor(texts[0]!.length / 2));
      if (half.length < 50) throw error;
      return this.embed([half], signal);
    }
  }

  /**
   * The answer's text as it is made. `user` names who asks, for a server that shares its time out
   * among people; null for nobody in particular. Ending the iteration or aborting ends the call.
   *
   * @throws LlmRefusal; Error when the stream breaks off
   */
  async *chat(messages: readonly ChatMessage[], { maxTokens, user, signal }: { maxTokens: number; user: string | null; signal: AbortSignal }): AsyncGenerator<string> {
    // Our own server lets students take turns by it; somebody else's need not tell them apart.
    const asker = user === null || this.#options.chat.foreign ? {} : { user };
    const answer = await this.#chat.post("chat/completions", { ...chatParameters(this.#options.chat, maxTokens), messages, ...asker, stream: true }, signal);
    for await (const { choices } of chatChunks(answer)) {
      const content = choices?.[0]?.delta?.content;
      if (content) yield content;
    }
  }

  async #embed(texts: readonly string[], signal?: AbortSignal): Promise<number[][]> {
    const { model, dimension } = this.#options.embedding;
    const vectors = await requestEmbeddings(this.#embedding, model, texts, signal);
    const length = vectors[0]!.length;
    if (dimension !== undefined && length !== dimension) throw new Error(`The embedding model ${model} answered vectors of ${length} numbers, where it made ${dimension} before.`);
    return vectors;
  }
}

export interface ChatChunk {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: { completion_tokens?: number } | null;
}

/** The parameters beside messages and stream. A foreign endpoint gets OpenAI's own only. */
export function chatParameters(server: ChatServer, maxTokens: number): Record<string, unknown> {
  if (!server.foreign) return { max_tokens: maxTokens, temperature: TEMPERATURE, ...OWN_PARAMETERS };
  const { model, dialect } = server;
  return { model, [dialect.tokenLimit]: maxTokens, ...(dialect.temperature ? { temperature: TEMPERATURE } : {}) };
}

/**
 * The chunks of a streamed answer.
 *
 * @throws Error for an error in the middle, and where the stream ends before the answer does
 */
export async function* chatChunks(answer: Response): AsyncGenerator<ChatChunk> {
  if (answer.body === null) throw new Error("The LLM server sent no answer.");
  let finished = false;
  for await (const { data } of answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
    if (data === "[DONE]") return;
    const chunk = JSON.parse(data) as ChatChunk & { error?: { message?: string } };
    if (chunk.error !== undefined) throw new Error(chunk.error.message ?? "The LLM server stopped in the middle of an answer.");
    finished ||= chunk.choices?.[0]?.finish_reason != null;
    yield chunk;
  }
  // Not every server says [DONE] after it has said why the answer ended.
  if (!finished) throw new Error("The LLM server broke off in the middle of an answer.");
}

/** @throws LlmRefusal; Error when what came back is not one vector of numbers for each text */
export async function requestEmbeddings(endpoint: Endpoint, model: string, texts: readonly string[], signal?: AbortSignal): Promise<number[][]> {
  const answer = await endpoint.post("embeddings", { model, input: texts, encoding_format: "float" }, signal);
  const { data } = (await answer.json()) as { data?: { index: number; embedding: number[] }[] };
  const vectors = texts.map((_, index) => data?.find((entry) => entry.index === index)?.embedding);
  const dimension = vectors[0]?.length ?? 0;
  const whole = (vector: number[] | undefined): vector is number[] => Array.isArray(vector) && vector.length === dimension && vector.every(Number.isFinite);
  if (data?.length !== texts.length || dimension === 0 || !vectors.every(whole)) {
    throw new Error(`The embedding model answered ${data?.length ?? 0} vectors for ${texts.length} texts.`);
  }
  return vectors;
}

/** OpenAI says 400; others say that a body (413) or its contents (422) are too much, and older llama-servers 500 with these words. */
function isTooLong({ status, message }: LlmRefusal): boolean {
  return status === 400 || status === 413 || status === 422 || (status === 500 && /too (large|long)/i.test(message));
}

/** Ours is asked each time. A foreign one is asked seldom: it counts its requests, and may not list its models. */
function health(endpoint: Endpoint, foreign: boolean): () => Promise<boolean> {
  const ask = async (): Promise<boolean> => {
    try {
      const answer = await endpoint.get("models", AbortSignal.timeout(3000), 1);
      await answer.body?.cancel();
      return true;
    } catch (error) {
      return foreign && error instanceof LlmRefusal && [404, 405, 501].includes(error.status);
    }
  };
  if (!foreign) return ask;
  let last: { at: number; well: Promise<boolean> } | null = null;
  return () => {
    if (last === null || performance.now() - last.at > FOREIGN_HEALTH_MS) last = { at: performance.now(), well: ask() };
    return last.well;
  };
}
