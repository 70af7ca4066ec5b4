import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import type { ChatMessage } from "../prompt/chat-template.ts";
import { answer, type AnswerShape } from "./answer.ts";
import { ApiError, parse } from "./errors.ts";
import { generationFields, toSampling, toStops } from "./sampling.ts";

const Content = z.union([z.string(), z.array(z.strictObject({ type: z.literal("text"), text: z.string() }))]);

const Message = z.strictObject({
  role: z.enum(["system", "developer", "user", "assistant"]),
  content: Content,
  name: z.string().nullish(),
});

const ChatRequest = z.strictObject({
  ...generationFields,
  messages: z.array(Message).min(1),
  max_completion_tokens: z.int().min(1).nullish(),
  response_format: z.strictObject({ type: z.literal("text") }).nullish(),
  tools: z.array(z.unknown()).max(0, "This server cannot call tools.").nullish(),
  tool_choice: z.enum(["none", "auto"]).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  logprobs: z.literal(false).nullish(),
});

export async function chatCompletions(context: Context, chat: Engine["chat"], body: unknown): Promise<Response> {
  const request = parse(ChatRequest, body);
  if (chat.template === null) throw new ApiError(400, `${chat.id} has no chat template; use /v1/completions.`, { code: "no_chat_template" });
  const prompt = chat.prompts.chat(chat.template.render(request.messages.map(toMessage)));
  return answer(
    context,
    chat,
    {
      prompt,
      maxTokens: request.max_completion_tokens ?? request.max_tokens ?? null,
      sampling: toSampling(request),
      stop: toStops(request.stop),
      continuesPrompt: false,
    },
    shapeOf(chat.id),
    { stream: request.stream === true, includeUsage: request.stream_options?.include_usage === true },
  );
}

function toMessage({ role, content }: z.infer<typeof Message>): ChatMessage {
  const text = typeof content === "string" ? content : content.map((part) => part.text).join("\n");
  return { role: role === "developer" ? "system" : role, content: text };
}

function shapeOf(model: string): AnswerShape {
  const common = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model };
  const chunk = (choices: object[]) => ({ ...common, object: "chat.completion.chunk", choices });
  return {
    opening: chunk(choice({ role: "assistant", content: "" }, null)),
    piece: (content) => chunk(choice({ content }, null)),
    closing: (finish) => chunk(choice({}, finish)),
    counts: (usage) => ({ ...chunk([]), usage }),
    whole: (content, finish, usage) => ({
      ...common,
      object: "chat.completion",
      choices: [{ index: 0, message: { role: "assistant", content, refusal: null }, logprobs: null, finish_reason: finish }],
      usage,
    }),
  };
}

function choice(delta: object, finish: string | null): object[] {
  return [{ index: 0, delta, logprobs: null, finish_reason: finish }];
}
