import { MentorError } from "../../contract/errors.ts";
import { isLoopbackHost } from "../../contract/loopback.ts";
import type { Clock } from "../../core/ports.ts";
import type { operations } from "./api-types.ts";
import { backoff, retryAfter } from "./backoff.ts";
import { OPERATIONS, type OperationName } from "./operations.ts";
import { refusalOf } from "./problem.ts";

export interface RunpodClientOptions {
  /** The account's API key; null where none is kept. Asked at every call and kept nowhere. */
  key: () => Promise<string | null>;
  clock: Clock;
  /** Without `/v2`. */
  url?: string;
  fetch?: typeof fetch;
  random?: () => number;
}

type Success<Name extends OperationName> = operations[Name]["responses"] extends infer Answers ? (200 extends keyof Answers ? Answers[200] : 201 extends keyof Answers ? Answers[201] : never) : never;
export type Answer<Name extends OperationName> = Success<Name> extends { content: { "application/json": infer Body } } ? Body : void;

export interface CallOptions<Name extends OperationName> {
  id?: string;
  query?: operations[Name]["parameters"]["query"];
  body?: operations[Name] extends { requestBody: { content: { "application/json": infer Body } } } ? Body : never;
  signal?: AbortSignal;
}

/** Milliseconds that one try may take, and all tries of one call. */
const TRY_MS = 30_000;
/** A create waits until a machine is found. */
const CREATE_MS = 90_000;
const CALL_MS = 120_000;

/** What a key may look like: anything else would stand, key and all, in the message of the error about the header. */
const KEY = /^[\x21-\x7e]+$/;

/** Nobody was there to take the request: it has surely had no effect. */
const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

/**
 * Asks Runpod's API. What can be asked twice is asked again until its deadline; a create whose answer
 * was lost is `provider-unreachable` with `details.outcome` "unknown", and is for the caller to resolve.
 */
export class RunpodClient {
  readonly url: string;
  readonly #options: Required<Omit<RunpodClientOptions, "url">>;

  constructor({ key, clock, url = "https://api.runpod.io", fetch: ask = fetch, random = Math.random }: RunpodClientOptions) {
    const address = new URL(url);
    if (address.protocol !== "https:" && !isLoopbackHost(address.host)) throw new Error("The key is sent over https only.");
    this.url = address.origin;
    this.#options = { key, clock, fetch: ask, random };
  }

  /** Throws MentorErrors as the port `Provider` names them. */
  async call<Name extends OperationName>(name: Name, options: CallOptions<Name> = {}): Promise<Answer<Name>> {
    const { clock, random } = this.#options;
    const deadline = clock.now() + CALL_MS;
    for (let attempt = 0; ; attempt++) {
      const tried = await this.#try(name, options, (answer) => answer.text());
      if (tried.result !== undefined) return parsed(name, tried.result);
      const wait = Math.max(tried.waitMs ?? 0, backoff(attempt, random));
      if (!tried.again || clock.now() + wait >= deadline) throw tried.error;
      await this.#sleep(wait, options.signal);
    }
  }

  /** The same for an answer that goes on for as long as somebody reads it; tried once. */
  async stream<Result>(name: "getPodLogs", options: CallOptions<"getPodLogs">, read: (body: ReadableStream<Uint8Array>) => Promise<Result>): Promise<Result> {
    const tried = await this.#try(name, options, async (answer) => read(answer.body ?? new ReadableStream()));
    if (tried.result === undefined) throw tried.error;
    return tried.result;
  }

  async #try<Name extends OperationName, Result>(name: Name, { id, query, body, signal }: CallOptions<Name>, read: (answer: Response) => Promise<Result>): Promise<Tried<Result>> {
    if (signal?.aborted) throw cancelled(signal);
    const key = await this.#key();
    const { method, path, repeatable } = OPERATIONS[name];
    const address = new URL(path.replace("{id}", encodeURIComponent(id ?? "")), this.url);
    for (const [word, value] of Object.entries(query ?? {})) if (value !== undefined) address.searchParams.set(word, String(value));
    const { clock } = this.#options;
    const end = new AbortController();
    const abort = () => end.abort(signal!.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const rest = new AbortController();
    void clock.sleep(name === "createPod" ? CREATE_MS : TRY_MS, rest.signal).then(
      () => end.abort(new Error("no answer in time")),
      () => undefined,
    );
    try {
      const answer = await this.#options.fetch(address, {
        method,
        // A redirect would carry the key to somebody else.
        redirect: "error",
        signal: end.signal,
        headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (answer.ok) return { result: await read(answer) };
      const waitMs = retryAfter(answer.headers.get("retry-after"), clock.now());
      const error = refusalOf(name, answer.status, withoutKey(await answer.text(), key), waitMs);
      if (answer.status < 500 && answer.status !== 408) return { error, waitMs, again: answer.status === 429 };
      return { error: repeatable ? error : unknownOutcome(name, error), waitMs, again: repeatable };
    } catch (thrown) {
      if (signal?.aborted) throw cancelled(signal, repeatable ? {} : { details: { outcome: "unknown" } });
      const never = NEVER_SENT.has(codeOf(thrown));
      const error = new MentorError("provider-unreachable", `Runpod did not answer: ${withoutKey(reasonOf(thrown), key)}.`, { details: { outcome: never ? "none" : "unknown" } });
      return { error: never || repeatable ? error : unknownOutcome(name, error), again: never || repeatable };
    } finally {
      rest.abort();
      signal?.removeEventListener("abort", abort);
    }
  }

  async #key(): Promise<string> {
    const key = (await this.#options.key())?.trim() ?? "";
    if (key === "") throw new MentorError("provider-key-missing", "No API key of a Runpod account is kept on this computer.");
    if (!KEY.test(key)) throw new MentorError("provider-key-rejected", "What is kept as the Runpod key is no key: a key is one word of plain characters.");
    return key;
  }

  async #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#options.clock.sleep(ms, signal).catch((error: unknown) => {
      throw signal?.aborted ? cancelled(signal) : error;
    });
  }
}

type Tried<Result> = { result: Result; error?: never; waitMs?: never; again?: never } | { result?: never; error: MentorError; waitMs?: number | null; again: boolean };

const unknownOutcome = (name: OperationName, cause: MentorError): MentorError =>
  new MentorError("provider-unreachable", `Runpod's answer was lost, so it is not known whether the ${name === "createPod" ? "machine" : "volume"} was made.`, { details: { outcome: "unknown" }, cause });

const cancelled = (signal: AbortSignal, options: { details?: { outcome: string } } = {}): MentorError =>
  signal.reason instanceof MentorError && options.details === undefined ? signal.reason : new MentorError("cancelled", "The work was cancelled.", { ...options, cause: signal.reason });

const withoutKey = (text: string, key: string): string => text.replaceAll(key, "(key)");

const codeOf = (thrown: unknown): string => {
  const cause = thrown instanceof Error ? (thrown.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code ?? "";
};

const reasonOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return "the connection failed";
  return thrown.cause instanceof Error && thrown.cause.message !== "" ? thrown.cause.message : thrown.message;
};

function parsed<Name extends OperationName>(name: Name, text: string): Answer<Name> {
  if (text === "") return undefined as Answer<Name>;
  try {
    return JSON.parse(text) as Answer<Name>;
  } catch {
    throw new MentorError("provider-unreachable", "What answered is not Runpod: a network that asks you to sign in first answers like this.", { details: { call: name, outcome: "unknown" } });
  }
}
