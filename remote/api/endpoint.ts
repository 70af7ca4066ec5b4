import { setTimeout as sleep } from "node:timers/promises";

const TRIES = 5;
/** Seconds; a server that asks for more patience is told to the person instead. */
const LONGEST_WAIT = 30;

export interface EndpointOptions {
  /** Base address, to which `/chat/completions` is added. */
  url: string;
  /** Sent as bearer; null for none. */
  key: string | null;
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

/** One OpenAI-compatible server: requests with its key, and patience with one that is busy. */
export class Endpoint {
  readonly url: string;
  readonly #key: string | null;

  constructor({ url, key }: EndpointOptions) {
    this.url = url;
    this.#key = key;
  }

  /** `tries`: 1 for no patience. @throws LlmRefusal; what `fetch` throws */
  get(path: string, signal?: AbortSignal, tries = TRIES): Promise<Response> {
    return this.#send(path, { signal }, tries);
  }

  /** @throws LlmRefusal; what `fetch` throws */
  post(path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
    return this.#send(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal }, TRIES);
  }

  async #send(path: string, init: RequestInit, tries: number): Promise<Response> {
    const headers = { ...init.headers, ...(this.#key === null ? {} : { authorization: `Bearer ${this.#key}` }) };
    for (let attempt = 1; ; attempt++) {
      // A redirect would carry the questions to a server that nobody chose.
      const answer = await fetch(`${this.url}/${path}`, { ...init, headers, redirect: "manual" });
      if (answer.ok) return answer;
      const refusal = await this.#toRefusal(answer);
      if (!isPassing(refusal) || attempt === tries) throw refusal;
      await sleep((refusal.retryAfter ?? attempt) * 1000, undefined, { signal: init.signal ?? undefined });
    }
  }

  async #toRefusal(answer: Response): Promise<LlmRefusal> {
    const text = await answer.text();
    const { message, code } = errorOf(text);
    const location = answer.headers.get("location");
    const said = message ?? (location === null ? `The LLM server answered ${answer.status}.` : `The LLM server answered ${answer.status}: it has moved to ${location}.`);
    return new LlmRefusal(answer.status, this.clean(said), code, secondsUntil(answer.headers.get("retry-after")));
  }

  /** Some servers repeat the key that they refuse: it must not reach a log. */
  clean(text: string): string {
    return this.#key === null || this.#key.length < 4 ? text : text.replaceAll(this.#key, "(key)");
  }
}

/** A bounded queue that is full, or a model that is still being loaded: a reason to wait a little, not to fail. Used-up money is none. */
function isPassing({ status, code, retryAfter }: LlmRefusal): boolean {
  if (status !== 429 && status !== 503) return false;
  return code !== "insufficient_quota" && (retryAfter === null || retryAfter <= LONGEST_WAIT);
}

/** OpenAI's shape, and those of servers that only resemble it: `{error: "…"}`, `{detail: "…"}`, `{message: "…"}`. */
function errorOf(text: string): { message: string | null; code: string | null } {
  let body: { error?: unknown; detail?: unknown; message?: unknown } | null;
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // Not JSON: a proxy's page, for one. The status says enough.
    return { message: null, code: null };
  }
  const error = typeof body?.error === "object" && body.error !== null ? (body.error as { message?: unknown; code?: unknown }) : { message: body?.error };
  const message = [error.message, body?.detail, body?.message].find((one) => typeof one === "string" && one !== "");
  return { message: typeof message === "string" ? message.slice(0, 1000) : null, code: "code" in error && typeof error.code === "string" ? error.code : null };
}

/** `Retry-After` is a number of seconds or a date (RFC 9110). */
function secondsUntil(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  const seconds = /^\d+(\.\d+)?$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return seconds > 0 ? seconds : null;
}
