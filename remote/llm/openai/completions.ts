import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { answer, type AnswerShape } from "./answer.ts";
import { ApiError, parse } from "./errors.ts";
import { generationFields, toSampling, toStops } from "./sampling.ts";

const CompletionRequest = z.strictObject({
  ...generationFields,
  prompt: z.union([z.string(), z.tuple([z.string()])]),
  echo: z.literal(false).nullish(),
  best_of: z.literal(1).nullish(),
  suffix: z.literal("").nullish(),
  logprobs: z.null().optional(),
});

/** OpenAI's own default for this endpoint. */
const DEFAULT_MAX_TOKENS = 16;

export async function completions(context: Context, chat: Engine["chat"], body: unknown): Promise<Response> {
  const request = parse(CompletionRequest, body);
  const prompt = chat.prompts.text(typeof request.prompt === "string" ? request.prompt : request.prompt[0]);
  if (prompt.length === 0) throw new ApiError(400, "prompt: there is nothing to go on from.", { param: "prompt", code: "invalid_value" });
  return answer(
    context,
    chat,
    { prompt, maxTokens: request.max_tokens ?? DEFAULT_MAX_TOKENS, sampling: toSampling(request), stop: toStops(request.stop), continuesPrompt: true },
    shapeOf(chat.id),
    { stream: request.stream === true, includeUsage: request.stream_options?.include_usage === true },
  );
}

function shapeOf(model: string): AnswerShape {
  const common = { id: `cmpl-${randomUUID()}`, object: "text_completion", created: Math.floor(Date.now() / 1000), model };
  const choice = (text: string, finish: string | null) => ({ ...common, choices: [{ index: 0, text, logprobs: null, finish_reason: finish }] });
  return {
    opening: null,
    piece: (text) => choice(text, null),
    closing: (finish) => choice("", finish),
    counts: (usage) => ({ ...common, choices: [], usage }),
    whole: (text, finish, usage) => ({ ...choice(text, finish), usage }),
  };
}
