import { z } from "zod";
import type { LoadedChat } from "../engine/engine.ts";
import { Message, toMessage } from "../openai/chat-messages.ts";
import { ApiError, parse } from "../openai/errors.ts";

const TemplateRequest = z.strictObject({ messages: z.array(Message).min(1), model: z.string().nullish() });

/** `POST /apply-template`: what the model would be given to read, without asking it. */
export function applyTemplate({ id, template }: LoadedChat, body: unknown): object {
  const { messages } = parse(TemplateRequest, body);
  if (template === null) throw new ApiError(400, `${id} has no chat template.`, { code: "no_chat_template" });
  return { prompt: template.render(messages.map(toMessage)).map(({ text }) => text).join("") };
}
