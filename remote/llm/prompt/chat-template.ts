import { createHash } from "node:crypto";
import { Template } from "@huggingface/jinja";
import { GENERIC, recognised, type CallFormat } from "../markup/call-format.ts";
import { isThinkingBegun, type ReasoningMarks } from "../markup/reasoning.ts";
import type { Tool, ToolCall } from "../markup/tool-call.ts";
import { Mask } from "./mask.ts";
import type { Segment } from "./segments.ts";
import { withToolsInWords } from "./tool-prompt.ts";

export type ChatMessage =
  | { role: "system" | "user"; content: string }
  | { role: "assistant"; content: string; calls?: readonly ToolCall[]; reasoning?: string }
  | { role: "tool"; content: string; callId: string };

export interface Offer {
  tools: readonly Tool[];
  /** Whether one of them must be called. */
  required: boolean;
}

const NO_OFFER: Offer = { tools: [], required: false };

/** The model's template cannot express these messages; the message says why, in its own words. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/**
 * The chat template that the model file carries, rendered as it is. People's texts are rendered as
 * placeholders; see `Mask`.
 */
export class ChatTemplate {
  readonly source: string;
  readonly #template: Template;
  readonly #variables: { bos_token: string; eos_token: string };
  #calls: { format: CallFormat | null; asText: boolean } | null = null;

  constructor(source: string, tokens: { bos: string; eos: string }) {
    this.source = source;
    this.#template = new Template(source);
    this.#variables = { bos_token: tokens.bos, eos_token: tokens.eos };
  }

  /** How the model was taught to call functions, told from how the template writes a call of old. */
  get calls(): CallFormat {
    return this.#ownCalls().format ?? GENERIC;
  }

  /**
   * Up to where the assistant's answer begins. Where a template knows no system role, the system
   * text opens the first user turn; where it insists on alternating turns, neighbours are joined;
   * where it knows no tools, they are told in words.
   *
   * @throws TemplateError
   */
  render(given: readonly ChatMessage[], offer: Offer = NO_OFFER): Segment[] {
    const native = this.#ownCalls().format !== null;
    const messages = native ? given : withToolsInWords(given, offer.tools, offer);
    const tools = native ? offer.tools : [];
    let refusal = "it leaves out a message";
    for (const variant of [messages, joinNeighbours(messages), foldSystem(messages), joinNeighbours(foldSystem(messages))]) {
      try {
        const segments = this.#renderVariant(variant, tools);
        if (segments !== null) return segments;
      } catch (error) {
        refusal = error instanceof Error ? error.message : String(error);
      }
    }
    throw new TemplateError(`The model's chat template does not take these messages: ${refusal}.`);
  }

  /** Whether a prompt of this template ends in the middle of the model's thinking. */
  begins(segments: readonly Segment[], marks: ReasoningMarks): boolean {
    const last = segments.at(-1);
    return last?.from === "template" && isThinkingBegun(marks, last.text);
  }

  /** null when a content does not appear in what the template made of it. */
  #renderVariant(messages: readonly ChatMessage[], tools: readonly Tool[]): Segment[] | null {
    const mask = new Mask();
    const rendered = this.#raw(messages.map((message) => this.#masked(message, mask)), tools.map((tool) => mask.value(toolVariable(tool), { words: true })), true);
    return tools.every(({ name }) => rendered.includes(name)) ? mask.segments(rendered) : null;
  }

  #raw(messages: readonly unknown[], tools: readonly unknown[], prompt: boolean): string {
    return this.#template.render({ ...this.#variables, messages, ...(tools.length === 0 ? {} : { tools }), add_generation_prompt: prompt });
  }

  #masked(message: ChatMessage, mask: Mask): object {
    const { role } = message;
    const content = mask.text(message.content);
    if (message.role === "tool") return { role, content, tool_call_id: this.#callId(message.callId) };
    if (message.role !== "assistant") return { role, content };
    // Templates leave out what was thought in earlier turns.
    const reasoning = message.reasoning === undefined ? {} : { reasoning_content: mask.text(message.reasoning, false) };
    const { asText } = this.#ownCalls();
    const calls = message.calls?.map(({ id, name, arguments: values }) => {
      const argumentsVariable = asText ? mask.text(JSON.stringify(values)) : mask.value(values, { words: false });
      return { id: this.#callId(id), type: "function", function: { name, arguments: argumentsVariable } };
    });
    return { role, content, ...reasoning, ...(calls === undefined ? {} : { tool_calls: calls }) };
  }

  /** Mistral's templates take nine letters and digits only; other ids become such. */
  #callId(id: string): string {
    if (!this.calls.name.startsWith("mistral") || /^[a-zA-Z0-9]{9}$/.test(id)) return id.replace(/[^\w:.-]/g, "_");
    return createHash("sha256").update(id).digest("hex").slice(0, 9);
  }

  #ownCalls(): { format: CallFormat | null; asText: boolean } {
    this.#calls ??= this.#probe();
    return this.#calls;
  }

  #probe(): { format: CallFormat | null; asText: boolean } {
    const name = "probe_function";
    for (const asText of [false, true]) {
      const values = asText ? '{"key": "value"}' : { key: "value" };
      const call = { role: "assistant", content: "", tool_calls: [{ id: "abcdefghi", type: "function", function: { name, arguments: values } }] };
      const tool = toolVariable({ name, description: "offered_function", parameters: { type: "object", properties: { key: { type: "string" } } } });
      try {
        const offered = this.#raw([{ role: "user", content: "x" }], [tool], true);
        const rendered = this.#raw([{ role: "user", content: "x" }, call, { role: "tool", content: "y", tool_call_id: "abcdefghi" }], [tool], false);
        const format = recognised(rendered.replace(offered, ""), name);
        if (format !== null && offered.includes("offered_function") && rendered.includes("value")) return { format, asText };
      } catch {
        // A template that takes no such messages knows no tools.
      }
    }
    return { format: null, asText: false };
  }
}

function toolVariable({ name, description, parameters }: Tool): object {
  return { type: "function", function: { name, description: description ?? "", parameters: parameters ?? { type: "object", properties: {} } } };
}

function foldSystem(messages: readonly ChatMessage[]): ChatMessage[] {
  const folded: ChatMessage[] = [];
  let waiting: string[] = [];
  for (const message of messages) {
    if (message.role === "system") waiting.push(message.content);
    else if (message.role === "user") {
      folded.push({ role: "user", content: [...waiting, message.content].join("\n\n") });
      waiting = [];
    } else folded.push(message);
  }
  if (waiting.length > 0) folded.push({ role: "user", content: waiting.join("\n\n") });
  return folded;
}

function joinNeighbours(messages: readonly ChatMessage[]): ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    const joins = last?.role === message.role && last.role !== "tool" && !("calls" in last) && !("calls" in message);
    if (joins) last.content += `\n\n${message.content}`;
    else joined.push({ ...message });
  }
  return joined;
}
