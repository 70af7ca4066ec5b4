import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import type { Token } from "node-llama-cpp";
import { z } from "zod";
import { clientOf } from "../client.ts";
import type { LoadedChat } from "../engine/engine.ts";
import { answer, type AnswerShape, type Piece } from "./answer.ts";
import { ApiError, parse } from "./errors.ts";
import { knownTokens } from "./known-tokens.ts";
import { completionLogprobs } from "./logprobs.ts";
import { compileForm, formatFields, formOf, refuseLogprobsWithGrammar } from "./response-format.ts";
import { generationFields, MOST_ALTERNATIVES, refuseWithLogprobs, toBias, toMaxTokens, toSampling, toStops } from "./sampling.ts";

const CompletionRequest = z.strictObject({
  ...generationFields,
  ...formatFields,
  /** Text, or the tokens of one. */
  prompt: z.union([z.string(), z.tuple([z.string()]), z.array(z.int().min(0)).min(1)]),
  /** Begins the text with the prompt. */
  echo: z.boolean().nullish(),
  best_of: z.literal(1, "This server makes no more answers than it gives: best_of can only be 1.").nullish(),
  suffix: z.literal("", "This server cannot fill in before a suffix.").nullish(),
  logprobs: z.int().min(0).max(MOST_ALTERNATIVES).nullish(),
});

/** OpenAI's own default for this endpoint. */
const DEFAULT_MAX_TOKENS = 16;

export async function completions(context: Context, chat: LoadedChat, body: unknown): Promise<Response> {
  const request = parse(CompletionRequest, body);
  const { text, tokens: prompt } = promptOf(chat, request.prompt);
  if (prompt.length === 0) throw new ApiError(400, "prompt: there is nothing to go on from.", { param: "prompt", code: "invalid_value" });
  const alternatives = request.logprobs ?? null;
  const sampling = { ...toSampling(request), bias: await toBias(chat.model, request.logit_bias) };
  if (alternatives !== null) refuseWithLogprobs(sampling);
  if (alternatives !== null && request.echo === true) throw new ApiError(400, "echo: log probabilities are told of the answer only, not of the prompt.", { param: "echo", code: "invalid_value" });
  const form = formOf(request);
  if (form !== null && alternatives !== null) refuseLogprobsWithGrammar();
  return answer(
    context,
    chat,
    { prompt, maxTokens: toMaxTokens(request.max_tokens ?? request.n_predict ?? DEFAULT_MAX_TOKENS), sampling, stop: toStops(request.stop), continuesPrompt: true, client: clientOf(context, request), alternatives, grammar: form === null ? null : compileForm(chat, form), markup: new Set() },
    shapeOf(chat, request.echo === true ? text : ""),
    { stream: request.stream === true, includeUsage: request.stream_options?.include_usage === true, choices: request.n ?? 1, markup: null },
  );
}

function promptOf(chat: LoadedChat, asked: z.infer<typeof CompletionRequest>["prompt"]): { text: string; tokens: Token[] } {
  const [first] = asked;
  if (typeof first !== "number") {
    const text = typeof asked === "string" ? asked : (first ?? "");
    return { text, tokens: chat.prompts.text(text) };
  }
  const tokens = knownTokens(chat, asked as number[], "prompt");
  return { text: chat.model.detokenize(tokens, true), tokens };
}

function shapeOf({ id: model, tokenBytes }: LoadedChat, echo: string): AnswerShape {
  const common = { id: `cmpl-${randomUUID()}`, object: "text_completion", created: Math.floor(Date.now() / 1000), model };
  /** Of the text that each choice has so far. */
  const lengths = new Map<number, number>();
  const choiceOf = ({ index, text, tokens }: Piece, finish: string | null) => {
    const offset = lengths.get(index) ?? 0;
    lengths.set(index, offset + text.length);
    return { index, text, logprobs: tokens === null ? null : completionLogprobs(tokens, tokenBytes, offset), finish_reason: finish };
  };
  const chunk = (...choices: object[]) => ({ ...common, choices });
  return {
    opening: (index) => (echo === "" ? null : chunk(choiceOf({ index, text: echo, tokens: null }, null))),
    piece: (piece) => chunk(choiceOf(piece, null)),
    closing: (index, finish) => chunk({ index, text: "", logprobs: null, finish_reason: finish }),
    counts: (usage) => ({ ...chunk(), usage }),
    whole: (choices, usage) => ({ ...chunk(...choices.map((one) => choiceOf({ ...one, text: echo + one.text }, one.finish))), usage }),
  };
}
