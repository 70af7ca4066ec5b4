import type { Tool } from "../markup/tool-call.ts";
import type { ChatMessage } from "./chat-template.ts";

/**
 * Tools in plain words, for a model whose template knows none: described in the system text, and
 * calls and their results written into the turns as JSON.
 */
export function withToolsInWords(messages: readonly ChatMessage[], tools: readonly Tool[], { required }: { required: boolean }): ChatMessage[] {
  const told = messages.map((message): ChatMessage => {
    if (message.role === "tool") return { role: "user", content: JSON.stringify({ tool_response: { id: message.callId, content: message.content } }) };
    if (message.role !== "assistant" || message.calls === undefined) return message;
    const calls = JSON.stringify({ tool_calls: message.calls.map(({ id, name, arguments: values }) => ({ id, name, arguments: values })) });
    return { role: "assistant", content: message.content === "" ? calls : `${message.content}\n${calls}` };
  });
  if (tools.length === 0) return told;
  const answer = required ? "" : ', or, where none is needed, with {"response": …} and in it what you say';
  const instructions = [
    "You can call these tools, each described as JSON:",
    ...tools.map(({ name, description, parameters }) => JSON.stringify({ name, description, parameters })),
    `Answer in JSON: call tools with {"tool_calls": [{"name": "the tool", "arguments": {…}}]}${answer}.`,
  ].join("\n");
  const [first, ...rest] = told;
  return first?.role === "system" ? [{ role: "system", content: `${first.content}\n\n${instructions}` }, ...rest] : [{ role: "system", content: instructions }, ...told];
}
