import { z } from "zod";
import { parsed } from "../markup/tool-call.ts";
import type { ChatMessage } from "../prompt/chat-template.ts";
import { ApiError } from "./errors.ts";
import { CallOfOld } from "./tools.ts";

const Content = z.union([z.string(), z.array(z.strictObject({ type: z.literal("text"), text: z.string() }))]);

export const Message = z.discriminatedUnion("role", [
  z.strictObject({ role: z.enum(["system", "developer", "user"]), content: Content, name: z.string().nullish() }),
  z.strictObject({
    role: z.literal("assistant"),
    content: Content.nullish(),
    name: z.string().nullish(),
    refusal: z.null().optional(),
    reasoning_content: z.string().nullish(),
    tool_calls: z.array(CallOfOld).nullish(),
  }),
  z.strictObject({ role: z.literal("tool"), content: Content, tool_call_id: z.string().min(1), name: z.string().nullish() }),
]);

/** @throws ApiError 400 for arguments that are no JSON object, and for a turn without anything in it */
export function toMessage(message: z.infer<typeof Message>, place: number): ChatMessage {
  const content = textOf(message.content ?? "");
  if (message.role === "tool") return { role: "tool", content, callId: message.tool_call_id };
  if (message.role !== "assistant") return { role: message.role === "user" ? "user" : "system", content };
  const calls = (message.tool_calls ?? []).map((call, index) => {
    const values = call.function.arguments === "" ? {} : parsed(call.function.arguments);
    if (typeof values !== "object" || values === null || Array.isArray(values)) {
      const param = `messages.${place}.tool_calls.${index}.function.arguments`;
      throw new ApiError(400, `${param}: this is no JSON object.`, { param, code: "invalid_value" });
    }
    return { id: call.id, name: call.function.name, arguments: values as Record<string, unknown> };
  });
  if (message.content == null && calls.length === 0) throw new ApiError(400, `messages.${place}.content: an answer has content or tool_calls.`, { param: `messages.${place}.content`, code: "invalid_value" });
  return { role: "assistant", content, ...(calls.length === 0 ? {} : { calls }), ...(message.reasoning_content ? { reasoning: message.reasoning_content } : {}) };
}

function textOf(content: z.infer<typeof Content>): string {
  return typeof content === "string" ? content : content.map(({ text }) => text).join("\n");
}
