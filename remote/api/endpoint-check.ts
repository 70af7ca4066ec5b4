import type { ChatDialect, EndpointAddress, EndpointCheckRequest, EndpointCheckResult } from "../../src/contract/endpoint.ts";
import { MentorError, type ErrorCode } from "../../src/contract/errors.ts";
import { Endpoint, LlmRefusal } from "./endpoint.ts";
import { chatChunks, chatParameters, requestEmbeddings, type ChatMessage } from "./llm.ts";

/** One question, and the whole answer to it. A model may have to be woken first. Milliseconds. */
const PATIENCE_MS = 120_000;
const LISTED = 20;

/** The shape of a real question: some models refuse instructions of their own. */
const MESSAGES: ChatMessage[] = [
  { role: "system", content: "Answer with one word." },
  { role: "user", content: "What is the opposite of no?" },
];
const TEXTS = ["The keeper rings the bell in fog.", "A rowing boat brings bread and milk."];

type Purpose = "chat" | "embedding";

/**
 * Asks foreign endpoints for all that the mentor will ask of them, and names the first thing that
 * they lack.
 *
 * @throws MentorError endpoint-unreachable, endpoint-untrusted, endpoint-key-rejected, endpoint-model-missing, endpoint-not-openai, endpoint-no-chat, endpoint-no-streaming, endpoint-no-embeddings, endpoint-busy
 */
export async function checkEndpoints({ chat, embedding }: EndpointCheckRequest): Promise<EndpointCheckResult> {
  return { chat: chat === null ? null : await new Check("chat", chat).chat(), embedding: embedding === null ? null : await new Check("embedding", embedding).embedding() };
}

class Check {
  readonly #purpose: Purpose;
  readonly #address: EndpointAddress;
  readonly #endpoint: Endpoint;
  /** Names of its models; null where it does not tell. */
  #models: string[] | null = null;

  constructor(purpose: Purpose, address: EndpointAddress) {
    this.#purpose = purpose;
    this.#address = address;
    this.#endpoint = new Endpoint(address);
  }

  async chat(): Promise<NonNullable<EndpointCheckResult["chat"]>> {
    const model = await this.#model();
    const dialect = await this.#oneToken(model);
    return { model, dialect, streamsUsage: await this.#stream(model, dialect) };
  }

  async embedding(): Promise<NonNullable<EndpointCheckResult["embedding"]>> {
    const model = await this.#model();
    try {
      const [vector] = await requestEmbeddings(this.#endpoint, model, TEXTS, this.#soon());
      return { model, dimension: vector!.length };
    } catch (error) {
      throw this.#failure(error, "endpoint-no-embeddings", `${this.#where} makes no embeddings with ${model}`);
    }
  }

  /** The model that was asked for, or the only one. What is listed only in part is left to the server to refuse. */
  async #model(): Promise<string> {
    const wanted = this.#address.model;
    this.#models = await this.#listed();
    if (this.#models === null) {
      if (wanted !== null) return wanted;
      throw new MentorError("endpoint-model-missing", `${this.#where} does not tell which models it has.`, { advice: `Name the model: ${OPTION[this.#purpose]} NAME.` });
    }
    if (wanted === null) {
      const [only, ...others] = this.#models;
      if (only !== undefined && others.length === 0) return only;
      throw this.#modelMissing(only === undefined ? `${this.#where} has no model.` : `${this.#where} has ${this.#models.length} models, and none was chosen.`);
    }
    const known = this.#models.some((name) => name === wanted || name === `${wanted}:latest` || name.endsWith(`/${wanted}`));
    if (!known) throw this.#modelMissing(`${this.#where} has no model called ${wanted}.`);
    return wanted;
  }

  async #listed(): Promise<string[] | null> {
    let body: unknown;
    try {
      const answer = await this.#endpoint.get("models", this.#soon());
      body = await answer.json();
    } catch (error) {
      // Some endpoints chat and list nothing; whether this is one is seen at the next question.
      if (error instanceof LlmRefusal && [404, 405, 501].includes(error.status)) return null;
      throw this.#failure(error, "endpoint-not-openai", `${this.#where} does not answer as an OpenAI-compatible endpoint does`);
    }
    const data = (body as { data?: unknown } | null)?.data;
    if (!Array.isArray(data)) throw new MentorError("endpoint-not-openai", `${this.#where} answers, but not with a list of models as an OpenAI-compatible endpoint does.`);
    return data.map((entry: { id?: unknown } | null) => entry?.id).filter((id): id is string => typeof id === "string");
  }

  async #oneToken(model: string): Promise<ChatDialect> {
    const dialect: ChatDialect = { tokenLimit: "max_tokens", temperature: true };
    for (;;) {
      try {
        const answer = await this.#endpoint.post("chat/completions", { ...this.#parameters(model, dialect, 1), messages: MESSAGES }, this.#soon());
        const { choices } = (await answer.json()) as { choices?: { message?: unknown }[] };
        if (choices?.[0]?.message === undefined) throw new Error("its answer holds no message");
        return dialect;
      } catch (error) {
        const refused = error instanceof LlmRefusal && (error.status === 400 || error.status === 422) ? error.message : "";
        if (dialect.tokenLimit === "max_tokens" && /\bmax_(completion_)?tokens\b/.test(refused)) dialect.tokenLimit = "max_completion_tokens";
        else if (dialect.temperature && /\btemperature\b/.test(refused)) dialect.temperature = false;
        else throw this.#failure(error, "endpoint-no-chat", `${this.#where} does not chat with ${model}`);
      }
    }
  }

  /** Whether the stream ends with the counts of its tokens. */
  async #stream(model: string, dialect: ChatDialect): Promise<boolean> {
    const body = { ...this.#parameters(model, dialect, 8), messages: MESSAGES, stream: true };
    const lacks = `${this.#where} does not stream the answers of ${model}`;
    try {
      const answer = await this.#endpoint.post("chat/completions", { ...body, stream_options: { include_usage: true } }, this.#soon()).catch((error: unknown) => {
        // Nothing depends on the counts: an endpoint that does not know the option streams all the same.
        if (error instanceof LlmRefusal && error.message.includes("stream_options")) return this.#endpoint.post("chat/completions", body, this.#soon());
        throw error;
      });
      const type = answer.headers.get("content-type") ?? "";
      if (!type.startsWith("text/event-stream")) {
        await answer.body?.cancel();
        throw new Error(`it sent ${type === "" ? "something else" : type} instead of a stream of events`);
      }
      let [chunks, usage] = [0, false];
      for await (const chunk of chatChunks(answer)) {
        if (chunk.choices?.[0] !== undefined) chunks++;
        usage ||= chunk.usage != null;
      }
      if (chunks === 0) throw new Error("the stream held no part of an answer");
      return usage;
    } catch (error) {
      throw this.#failure(error, "endpoint-no-streaming", lacks);
    }
  }

  #parameters(model: string, dialect: ChatDialect, maxTokens: number): Record<string, unknown> {
    return chatParameters({ url: this.#address.url, key: this.#address.key, foreign: true, model, dialect }, maxTokens);
  }

  #soon(): AbortSignal {
    return AbortSignal.timeout(PATIENCE_MS);
  }

  get #where(): string {
    return this.#address.url;
  }

  /** What stands in the way, as precisely as the failure says; else that the endpoint lacks what was asked for. */
  #failure(error: unknown, lacking: ErrorCode, sentence: string): MentorError {
    if (error instanceof MentorError) return error;
    if (error instanceof LlmRefusal) return this.#refused(error, lacking, sentence);
    if (!(error instanceof Error)) return new MentorError(lacking, `${sentence}.`, { cause: error });
    const code = networkCode(error);
    const reason = this.#endpoint.clean(rootOf(error).message);
    if (code !== null && UNTRUSTED.test(code)) return new MentorError("endpoint-untrusted", `The certificate of ${this.#where} is not trusted: ${reason}.`, { cause: error });
    if (error.name === "TimeoutError") return new MentorError("endpoint-unreachable", `${this.#where} gave no answer within ${PATIENCE_MS / 1000} seconds.`);
    if (code !== null || error instanceof TypeError) {
      const advice = code === "ERR_SSL_WRONG_VERSION_NUMBER" || code === "EPROTO" ? "It may speak plain http only: then write http:// instead of https://." : undefined;
      return new MentorError("endpoint-unreachable", `${this.#where} cannot be reached from the host: ${reason}.`, { advice, cause: error });
    }
    return new MentorError(lacking, `${sentence}: ${error instanceof SyntaxError ? "its answer is no JSON" : reason}.`, { cause: error });
  }

  #refused(error: LlmRefusal, lacking: ErrorCode, sentence: string): MentorError {
    const { status, message, code } = error;
    const said = `${status}: ${message}`;
    if (status === 401 || status === 403) {
      const command = `ai-mentor secret set ${this.#purpose === "chat" ? "llm" : "embedding"}`;
      return this.#address.key === null
        ? new MentorError("endpoint-key-rejected", `${this.#where} asks for a key, and none is kept (${said}).`, { advice: `Enter its key (in a terminal: ${command}), then press Retry.` })
        : new MentorError("endpoint-key-rejected", `${this.#where} does not accept the key that is kept for it (${said}).`, { advice: `Enter the right key (in a terminal: ${command}), then press Retry.` });
    }
    if (status === 429 || status === 503) return new MentorError("endpoint-busy", `${this.#where} takes no requests now (${said}).`);
    const aboutModel = code === "model_not_found" || (status === 404 && /\bmodel\b/i.test(message)) || (status === 400 && /\bmodel\b.*\b(not exist|not found|unknown|invalid)/i.test(message));
    // A model that is listed is there; it is not made for this.
    const listed = this.#models !== null && (this.#address.model === null || this.#models.includes(this.#address.model));
    if (aboutModel && !listed) return this.#modelMissing(`${this.#where} does not have the model that was chosen (${said}).`);
    // A page of some other server, or the right server at the wrong path.
    if (status === 404 && this.#models === null) return new MentorError("endpoint-not-openai", `There is no OpenAI-compatible endpoint at ${this.#where} (${said}).`);
    if (status >= 300 && status < 400) return new MentorError("endpoint-not-openai", `${this.#where} sends its callers elsewhere (${said}).`, { advice: "Give the address that it names." });
    return new MentorError(lacking, `${sentence} (${said}).`);
  }

  #modelMissing(sentence: string): MentorError {
    const has = this.#models ?? [];
    if (has.length === 0) return new MentorError("endpoint-model-missing", sentence);
    const names = `${has.slice(0, LISTED).join(", ")}${has.length > LISTED ? `, and ${has.length - LISTED} more` : ""}`;
    return new MentorError("endpoint-model-missing", `${sentence} It has: ${names}.`, { advice: `Name one of them: ${OPTION[this.#purpose]} NAME.`, details: { models: has } });
  }
}

const OPTION = { chat: "--llm-model", embedding: "--embedding-model" } as const;
const UNTRUSTED = /CERT|^UNABLE_TO_(VERIFY|GET)/;

/** The system's or OpenSSL's name for what went wrong under `fetch`; null where it was no matter of the network. */
function networkCode(error: Error): string | null {
  const { code } = rootOf(error) as NodeJS.ErrnoException;
  return typeof code === "string" ? code : null;
}

function rootOf(error: Error): Error {
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return inner instanceof Error ? rootOf(inner) : error;
}
