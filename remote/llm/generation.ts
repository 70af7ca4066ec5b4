import type { LlamaGrammar, Token } from "node-llama-cpp";
import type { LoadedChat } from "./engine/engine.ts";
import type { Sampling, ScoredToken } from "./scheduling/job.ts";
import { Detokenizer } from "./text/detokenizer.ts";
import { Outbox } from "./text/outbox.ts";
import { ScoredText } from "./text/scored-text.ts";
import { StopScanner } from "./text/stop-scanner.ts";

export interface GenerationRequest {
  prompt: Token[];
  /** null for as many as the context holds. */
  maxTokens: number | null;
  sampling: Sampling;
  stop: readonly string[];
  /** The answer goes on in the prompt's last sentence, instead of standing for itself. */
  continuesPrompt: boolean;
  /** Who asks; clients take turns. */
  client: string;
  /** How many of the likeliest tokens to tell beside each token; null for no log probabilities at all. */
  alternatives: number | null;
  /** What the answer must keep to; null for nothing. */
  grammar: LlamaGrammar | null;
  /** Special tokens that belong to the text: markup that is read out of it. Under a grammar all do. */
  markup: ReadonlySet<Token>;
}

export interface Usage {
  promptTokens: number;
  /** Of them, not evaluated anew. */
  cachedTokens: number;
  completionTokens: number;
}

/** `tokens` are those that end in this text, where log probabilities were asked for. */
export type GenerationEvent = { text: string; tokens: ScoredToken[] } | { finish: "stop" | "length"; usage: Usage };

/** The prompt leaves no room for an answer in the context. */
export class PromptTooLongError extends Error {
  override readonly name = "PromptTooLongError";
  readonly promptTokens: number;
  readonly contextTokens: number;
  /** What the prompt came in. */
  readonly parameter: "messages" | "prompt";

  constructor(promptTokens: number, contextTokens: number, parameter: "messages" | "prompt") {
    super(`The prompt has ${promptTokens} tokens, and this model's context holds ${contextTokens} with the answer.`);
    this.promptTokens = promptTokens;
    this.contextTokens = contextTokens;
    this.parameter = parameter;
  }
}

/**
 * Hands a request to the scheduler and answers its text as it comes, ending with a `finish`.
 * Aborting the signal frees the slot at the end of the running tick.
 *
 * @throws PromptTooLongError, QueueFullError at once; while it is read, what the engine met
 */
export function generate({ model, contextTokens, scheduler, grammars }: LoadedChat, request: GenerationRequest, signal: AbortSignal): AsyncIterable<GenerationEvent> {
  const { prompt } = request;
  // The last token of an answer is never evaluated, but node-llama-cpp keeps one cell free.
  const room = contextTokens - prompt.length;
  if (room < 1) throw new PromptTooLongError(prompt.length, contextTokens, request.continuesPrompt ? "prompt" : "messages");

  const outbox = new Outbox<GenerationEvent>();
  const detokenizer = new Detokenizer(model, { before: request.continuesPrompt ? prompt : [], visible: request.grammar === null ? request.markup : "all" });
  const scanner = new StopScanner(request.stop);
  const scores = new ScoredText();
  const usage: Usage = { promptTokens: prompt.length, cachedTokens: 0, completionTokens: 0 };
  let stopped = false;
  const put = (text: string) => text !== "" && outbox.put({ text, tokens: scores.take(text.length) });
  const scan = (piece: string) => {
    if (stopped) return;
    scores.grow(piece.length);
    const scanned = scanner.push(piece);
    stopped = scanned.stopped;
    put(scanned.text);
  };

  scheduler.submit({
    prompt,
    maxTokens: Math.min(request.maxTokens ?? room, room),
    sampling: request.sampling,
    signal,
    client: request.client,
    alternatives: request.alternatives ?? undefined,
    grammar: request.grammar === null ? undefined : grammars.begin(request.grammar),
    onStart: (cachedTokens) => {
      usage.cachedTokens = cachedTokens;
    },
    onToken: (token, scored) => {
      usage.completionTokens++;
      if (scored !== undefined) scores.push(scored);
      scan(detokenizer.push(token));
      return !stopped;
    },
    onEnd: (reason) => {
      if (reason === "aborted") return outbox.close(signal.reason);
      scan(detokenizer.flush());
      put(scanner.flush());
      outbox.put({ finish: stopped ? "stop" : reason, usage });
      outbox.close();
    },
    onError: (error) => outbox.close(error),
  });
  return outbox;
}
