import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { z } from "zod";
import { clientOf } from "../client.ts";
import type { LoadedChat } from "../engine/engine.ts";
import type { ChatMessage } from "../prompt/chat-template.ts";
import { answer, type AnswerShape, type Piece } from "./answer.ts";
import { ApiError, parse } from "./errors.ts";
import { chatLogprobs } from "./logprobs.ts";
import { compileForm, formatFields, formOf, refuseLogprobsWithGrammar } from "./response-format.ts";
import { generationFields, MOST_ALTERNATIVES, refuseWithLogprobs, toBias, toMaxTokens, toSampling, toStops } from "./sampling.ts";

const Content = z.union([z.string(), z.array(z.strictObject({ type: z.literal("text"), text: z.string() }))]);

export const Message = z.strictObject({
  role: z.enum(["system", "developer", "user", "assistant"]),
  content: Content,
  name: z.string().nullish(),
});

const ChatRequest = z.strictObject({
  ...generationFields,
  ...formatFields,
  messages: z.array(Message).min(1),
  max_completion_tokens: z.int().min(1).nullish(),
  tools: z.array(z.unknown()).max(0, "This server cannot call tools.").nullish(),
  tool_choice: z.enum(["none", "auto"]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
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
  const prompt = chat.prompts.chat(chat.template.render(request.messages.map(toMessage)));
  const form = formOf(request);
  if (form !== null && alternatives !== null) refuseLogprobsWithGrammar();
  return answer(
    context,
    chat,
    {
      prompt,
      maxTokens: toMaxTokens(request.max_completion_tokens ?? request.max_tokens ?? request.n_predict),
      sampling,
      stop: toStops(request.stop),
      continuesPrompt: false,
      client: clientOf(context, request),
      alternatives,
      grammar: form === null ? null : compileForm(chat, form),
      markup: new Set(),
    },
    shapeOf(chat),
    { stream: request.stream === true, includeUsage: request.stream_options?.include_usage === true, choices: request.n ?? 1 },
  );
}

export function toMessage({ role, content }: z.infer<typeof Message>): ChatMessage {
  const text = typeof content === "string" ? content : content.map((part) => part.text).join("\n");
  return { role: role === "developer" ? "system" : role, content: text };
}

function shapeOf({ id: model, tokenBytes }: LoadedChat): AnswerShape {
  const common = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
  const chunk = (...choices: object[]) => ({ ...common, object: "chat.completion.chunk", choices });
  const delta = (index: number, change: object, finish: string | null, tokens: Piece["tokens"] = null) => ({ index, delta: change, logprobs: logprobsOf(tokens), finish_reason: finish });
  const logprobsOf = (tokens: Piece["tokens"]) => (tokens === null ? null : chatLogprobs(tokens, tokenBytes));
  return {
    opening: (index) => chunk(delta(index, { role: "assistant", content: "" }, null)),
    piece: ({ index, text, tokens }) => chunk(delta(index, { content: text }, null, tokens)),
    closing: (index, finish) => chunk(delta(index, {}, finish)),
    counts: (usage) => ({ ...chunk(), usage }),
    whole: (choices, usage) => ({
      ...common,
      object: "chat.completion",
      choices: choices.map(({ index, text, tokens, finish }) => ({ index, message: { role: "assistant", content: text, refusal: null }, logprobs: logprobsOf(tokens), finish_reason: finish })),
      usage,
    }),
  };
}
