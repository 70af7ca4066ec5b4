import { randomBytes } from "node:crypto";
import { Template } from "@huggingface/jinja";
import type { Segment } from "./segments.ts";

export interface ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** The model's template cannot express these messages; the message says why, in its own words. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
}

/**
 * The chat template that the model file carries, rendered as it is. Contents are rendered as
 * unguessable placeholders, so that afterwards every character is known to be either markup or
 * somebody's text. White space around a content stays outside its placeholder: templates trim it.
 */
export class ChatTemplate {
  readonly #template: Template;
  readonly #variables: { bos_token: string; eos_token: string };

  constructor(source: string, tokens: { bos: string; eos: string }) {
    this.#template = new Template(source);
    this.#variables = { bos_token: tokens.bos, eos_token: tokens.eos };
  }

  /**
   * Up to where the assistant's answer begins. Where a template knows no system role, the system
   * text opens the first user turn; where it insists on alternating turns, neighbours are joined.
   *
   * @throws TemplateError
   */
  render(messages: readonly ChatMessage[]): Segment[] {
    let refusal = "it leaves out a message";
    for (const variant of [messages, joinNeighbours(messages), foldSystem(messages), joinNeighbours(foldSystem(messages))]) {
      try {
        const segments = this.#renderVariant(variant);
        if (segments !== null) return segments;
      } catch (error) {
        refusal = error instanceof Error ? error.message : String(error);
      }
    }
    throw new TemplateError(`The model's chat template does not take these messages: ${refusal}.`);
  }

  /** null when a content does not appear in what the template made of it. */
  #renderVariant(messages: readonly ChatMessage[]): Segment[] | null {
    const nonce = randomBytes(12).toString("hex");
    const contents: string[] = [];
    const masked = messages.map(({ role, content }) => {
      const core = content.trim();
      if (core === "") return { role, content };
      const placeholder = `\uE000${nonce}-${contents.push(core) - 1}\uE001`;
      return { role, content: content.replace(core, () => placeholder) };
    });
    const rendered = this.#template.render({ ...this.#variables, messages: masked, add_generation_prompt: true });
    const seen = new Set<number>();
    // Splitting at a captured group leaves markup at the even places and contents at the odd ones.
    const segments = rendered.split(new RegExp(`\uE000${nonce}-(\\d+)\uE001`)).map((part, place): Segment => {
      if (place % 2 === 0) return { text: part, from: "template" };
      seen.add(Number(part));
      return { text: contents[Number(part)] ?? "", from: "person" };
    });
    return seen.size === contents.length ? segments.filter(({ text }) => text !== "") : null;
  }
}

function foldSystem(messages: readonly ChatMessage[]): ChatMessage[] {
  const folded: ChatMessage[] = [];
  let waiting: string[] = [];
  for (const { role, content } of messages) {
    if (role === "system") waiting.push(content);
    else if (role === "user") {
      folded.push({ role, content: [...waiting, content].join("\n\n") });
      waiting = [];
    } else folded.push({ role, content });
  }
  if (waiting.length > 0) folded.push({ role: "user", content: waiting.join("\n\n") });
  return folded;
}

function joinNeighbours(messages: readonly ChatMessage[]): ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role === message.role) last.content += `\n\n${message.content}`;
    else joined.push({ ...message });
  }
  return joined;
}
