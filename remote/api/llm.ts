import { setTimeout as sleep } from "node:timers/promises";
import { EventSourceParserStream } from "eventsource-parser/stream";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/**
 * Near to the likeliest words: an answer is to keep to the material. Without the penalty, which
 * llama-server knows by these names, a small model says one paragraph again and again until it is cut.
 */
const SAMPLING = { temperature: 0.2, repeat_penalty: 1.1, repeat_last_n: 256 };

export interface LlmOptions {
  /** Of any OpenAI-compatible server, with or without `/v1` at its end. */
  url: string;
  key: string;
  /** Name of the embedding model, as the server knows it. */
  embeddingModel: string;
}

/** The server's own refusal, with its HTTP status. */
export class LlmRefusal extends Error {
  readonly status: number;
  readonly code: string | null;
  /** Seconds, from Retry-After. */
  readonly retryAfter: number | null;

  constructor(status: number, message: string, code: string | null, retryAfter: number | null) {
    super(message);
    this.name = "LlmRefusal";
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** A client of an OpenAI-compatible server: no more of it than the mentor needs. */
export class LlmClient {
  readonly #base: string;
  readonly #options: LlmOptions;

  constructor(options: LlmOptions) {
    this.#options = options;
    this.#base = options.url.replace(/\/+$/, "").replace(/(\/v1)?$/, "/v1");
  }

  /** Never rejects. */
  async healthy(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.#base}/models`, { headers: this.#headers(), signal: AbortSignal.timeout(3000) });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      return false;
    }
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
      if (!(error instanceof LlmRefusal) || error.status !== 400) throw error;
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
    const answer = await this.#post("chat/completions", { messages, max_tokens: maxTokens, ...SAMPLING, ...(user === null ? {} : { user }), stream: true }, signal);
    if (answer.body === null) throw new Error("The LLM server sent no answer.");
    const events = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { data } of events) {
      if (data === "[DONE]") return;
      const { choices, error } = JSON.parse(data) as { choices?: { delta?: { content?: string | null } }[]; error?: { message?: string } };
      if (error !== undefined) throw new Error(error.message ?? "The LLM server stopped in the middle of an answer.");
      const content = choices?.[0]?.delta?.content;
      if (content) yield content;
    }
    throw new Error("The LLM server broke off in the middle of an answer.");
  }

  async #embed(texts: readonly string[], signal?: AbortSignal): Promise<number[][]> {
    const answer = await this.#post("embeddings", { model: this.#options.embeddingModel, input: texts, encoding_format: "float" }, signal);
    const { data } = (await answer.json()) as { data?: { index: number; embedding: number[] }[] };
    const vectors = texts.map((_, index) => data?.find((entry) => entry.index === index)?.embedding);
    const dimension = vectors[0]?.length ?? 0;
    const whole = (vector: number[] | undefined): vector is number[] => vector !== undefined && vector.length === dimension && vector.every(Number.isFinite);
    if (data?.length !== texts.length || dimension === 0 || !vectors.every(whole)) {
      throw new Error(`The embedding model answered ${data?.length ?? 0} vectors for ${texts.length} texts.`);
    }
    return vectors;
  }

  async #post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const answer = await fetch(`${this.#base}/${path}`, { method: "POST", headers: { ...this.#headers(), "content-type": "application/json" }, body: JSON.stringify(body), signal });
      if (answer.ok) return answer;
      const refusal = await toRefusal(answer);
      // Its queue is bounded: a full one is a reason to wait a little, not to fail.
      if (refusal.status !== 429 || attempt === 5) throw refusal;
      await sleep((refusal.retryAfter ?? attempt) * 1000, undefined, { signal });
    }
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.#options.key}` };
  }
}

async function toRefusal(answer: Response): Promise<LlmRefusal> {
  const text = await answer.text();
  let error: { message?: string; code?: string | null } = {};
  try {
    error = (JSON.parse(text) as { error?: typeof error }).error ?? {};
  } catch {
    // Not JSON: a proxy's page, for one. The status says enough.
  }
  const retryAfter = Number(answer.headers.get("retry-after"));
  return new LlmRefusal(answer.status, error.message ?? `The LLM server answered ${answer.status}.`, error.code ?? null, retryAfter > 0 ? Math.min(retryAfter, 30) : null);
}

