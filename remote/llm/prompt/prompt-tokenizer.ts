import type { LlamaModel, Token } from "node-llama-cpp";
import type { Segment } from "./segments.ts";

/** `tokenizer.ggml.token_type` of the GGUF. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

/**
 * Turns prompts into tokens so that nobody's text can pass for markup: `<|im_end|>` typed by a
 * student stays ten characters. An ordinary prompt is tokenised in one go, exactly as llama.cpp
 * does, since pieces tokenised apart would come out differently at their seams (SentencePiece puts
 * a space before each). Only where a text holds something that reads like a special token is the
 * prompt cut, and then only at the special tokens that the template itself wrote.
 */
export class PromptTokenizer {
  readonly #model: LlamaModel;
  readonly #special: RegExp | null;
  /** Written by the template, yet matched by llama.cpp even where special tokens are off. */
  readonly #stubborn: readonly string[];

  constructor(model: LlamaModel, chatTemplate: string) {
    this.#model = model;
    const { tokens = [], token_type: types = [] } = model.fileInfo.metadata.tokenizer?.ggml ?? {};
    const texts = (kind: number) => tokens.filter((text, index) => types[index] === kind && text.trim() !== "");
    this.#stubborn = texts(USER_DEFINED).filter((text) => chatTemplate.includes(text));
    const special = [...texts(CONTROL), ...texts(UNKNOWN), ...this.#stubborn].sort((a, b) => b.length - a.length);
    this.#special = special.length === 0 ? null : new RegExp(special.map((text) => escaped(text)).join("|"), "g");
  }

  /** Text that stands for itself, without any special token but the model's own beginning. */
  text(text: string): Token[] {
    return this.#withBeginning(this.plain(text));
  }

  /** A rendered chat. */
  chat(segments: readonly Segment[]): Token[] {
    const full = segments.map(({ text }) => text).join("");
    const markup: { start: number; end: number }[] = [];
    const foreign = new Set<number>(this.#specialsIn(full, 0).map(({ start }) => start));
    let offset = 0;
    for (const { text, from } of segments) {
      if (from === "template") markup.push(...this.#specialsIn(text, offset));
      offset += text.length;
    }
    for (const { start } of markup) foreign.delete(start);
    if (foreign.size === 0) return this.#withBeginning(this.#model.tokenize(full, true));

    const tokens: Token[] = [];
    let done = 0;
    for (const { start, end } of markup) {
      tokens.push(...this.plain(full.slice(done, start)), ...this.#model.tokenize(full.slice(start, end), true));
      done = end;
    }
    tokens.push(...this.plain(full.slice(done)));
    return this.#withBeginning(tokens);
  }

  /** The texts that are one special token each, as those tokens. */
  special(texts: readonly string[]): Set<Token> {
    const tokens = texts.map((text) => this.#model.tokenize(text, true));
    return new Set(tokens.flatMap(([token, ...more]) => (token !== undefined && more.length === 0 && this.#model.isSpecialToken(token) ? [token] : [])));
  }

  #specialsIn(text: string, offset: number): { start: number; end: number }[] {
    if (this.#special === null) return [];
    return [...text.matchAll(this.#special)].map((match) => ({ start: offset + match.index, end: offset + match.index + match[0].length }));
  }

  /** Text without any special token at all. */
  plain(text: string): Token[] {
    const hidden = this.#stubborn.find((special) => text.includes(special));
    if (hidden === undefined) return this.#model.tokenize(text, false);
    const cut = text.indexOf(hidden) + 1;
    return [...this.plain(text.slice(0, cut)), ...this.plain(text.slice(cut))];
  }

  #withBeginning(tokens: Token[]): Token[] {
    const { bos, shouldPrependBosToken } = this.#model.tokens;
    return bos !== null && shouldPrependBosToken && tokens[0] !== bos ? [bos, ...tokens] : tokens;
  }
}

/** For use inside a regular expression. */
function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
