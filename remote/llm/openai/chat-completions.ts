import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import type { Token } from "node-llama-cpp";
import { z } from "zod";
import { clientOf } from "../client.ts";
import type { LoadedChat } from "../engine/engine.ts";
import type { AnswerPart, ToolCall } from "../markup/tool-call.ts";
import { answer, type AnswerShape, type Piece } from "./answer.ts";
import { marksOf, planAnswer } from "./answer-plan.ts";
import { Message, toMessage } from "./chat-messages.ts";
import { ApiError, parse } from "./errors.ts";
import { chatLogprobs } from "./logprobs.ts";
import { formatFields, formOf, refuseLogprobsWithGrammar } from "./response-format.ts";
import { generationFields, MOST_ALTERNATIVES, refuseWithLogprobs, toBias, toMaxTokens, toSampling, toStops } from "./sampling.ts";
import { choiceOf, toolFields } from "./tools.ts";

const NO_TOKENS: ReadonlySet<Token> = new Set();

const ChatRequest = z.strictObject({
  ...generationFields,
  ...formatFields,
  messages: z.array(Message).min(1),
  max_completion_tokens: z.int().min(1).nullish(),
  ...toolFields,
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(MOST_ALTERNATIVES).nullish(),
});

export async function chatCompletions(context: Context, chat: LoadedChat, body: unknown): Promise<Response> {
  const request = parse(ChatRequest, body);
  if (chat.template === null) throw new ApiError(400, `${chat.id} has no chat template; use /v1/completions.`, { code: "no_chat_template" });
  if (request.top_logprobs != null && request.logprobs !== true) throw new ApiError(400, "top_logprobs: it needs logprobs to be true.", { param: "top_logprobs", code: "invalid_value" });
  const alternatives = request.logprobs === true ? (request.top_logprobs ?? 0) : null;
  const sampling = { ...toSampling(request), bias: await toBias(chat.model, request.logit_bias) };
  if (alternatives !== null) refuseWithLogprobs(sampling);
  const choice = choiceOf(request);
  const segments = chat.template.render(request.messages.map(toMessage), choice);
  const { markup, grammar } = planAnswer(chat, { segments, choice, form: formOf(request) });
  if (grammar !== null && alternatives !== null) refuseLogprobsWithGrammar();
  return answer(
    context,
    chat,
    {
      prompt: chat.prompts.chat(segments),
      maxTokens: toMaxTokens(request.max_completion_tokens ?? request.max_tokens ?? request.n_predict),
      sampling,
      stop: toStops(request.stop),
      continuesPrompt: false,
      client: clientOf(context, request),
      alternatives,
      grammar,
      markup: markup === null ? NO_TOKENS : chat.prompts.special(marksOf(markup)),
    },
    shapeOf(chat),
    { stream: request.stream === true, includeUsage: request.stream_options?.include_usage === true, choices: request.n ?? 1, markup },
  );
}

function shapeOf({ id: model, tokenBytes }: LoadedChat): AnswerShape {
  const common = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
  const chunk = (...choices: object[]) => ({ ...common, object: "chat.completion.chunk", choices });
  const delta = (index: number, change: object, finish: string | null, tokens: Piece["tokens"] = null) => ({ index, delta: change, logprobs: logprobsOf(tokens), finish_reason: finish });
  const logprobsOf = (tokens: Piece["tokens"]) => (tokens === null ? null : chatLogprobs(tokens, tokenBytes));
  return {
    opening: (index) => chunk(delta(index, { role: "assistant", content: "" }, null)),
    piece: ({ index, text, tokens }) => chunk(delta(index, { content: text }, null, tokens)),
    part: (index, part, tokens, calls) => chunk(delta(index, deltaOf(part, calls), null, tokens)),
    closing: (index, finish) => chunk(delta(index, {}, finish)),
    counts: (usage) => ({ ...chunk(), usage }),
    whole: (choices, usage) => ({
      ...common,
      object: "chat.completion",
      choices: choices.map(({ index, text, parts, tokens, finish }) => ({ index, message: parts === null ? { role: "assistant", content: text, refusal: null } : messageOf(parts), logprobs: logprobsOf(tokens), finish_reason: finish })),
      usage,
    }),
  };
}

/** @param before calls that the answer has made already */
function deltaOf(part: AnswerPart, before: number): object {
  if ("content" in part) return { content: part.content };
  if ("reasoning" in part) return { reasoning_content: part.reasoning };
  return { tool_calls: [{ index: before, ...written(part.call) }] };
}

function messageOf(parts: readonly AnswerPart[]): object {
  const joined = (texts: readonly string[]) => (texts.length === 0 ? null : texts.join(""));
  const content = joined(parts.flatMap((part) => ("content" in part ? [part.content] : [])));
  const reasoning = joined(parts.flatMap((part) => ("reasoning" in part ? [part.reasoning] : [])));
  const calls = parts.flatMap((part) => ("call" in part ? [written(part.call)] : []));
  return {
    role: "assistant",
    content: content ?? (calls.length > 0 ? null : ""),
    refusal: null,
    ...(reasoning === null ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function written({ id, name, arguments: values }: ToolCall): object {
  return { id, type: "function", function: { name, arguments: JSON.stringify(values) } };
}
