import type { LlamaModel, Token } from "node-llama-cpp";

/** A character is at most 4 bytes; a token that ends inside one is completed by 3 more at most. */
const LONGEST_SPLIT = 4;
/** Tokens that decide how the next ones are written (a space before a word, or none). */
const CONTEXT = 3;

export interface DetokenizerOptions {
  /** The tokens that the text goes on from; left out where it stands for itself. */
  before?: readonly Token[];
  /** Special tokens that are written out; others are no text. Left out for none. */
  visible?: "all" | ReadonlySet<Token>;
}

/**
 * Text of a growing row of tokens. A character of several tokens is held back until it is whole, so
 * that no piece ever carries a replacement character the model did not write.
 */
export class Detokenizer {
  readonly #model: LlamaModel;
  readonly #visible: "all" | ReadonlySet<Token>;
  #before: Token[];
  #held: Token[] = [];

  constructor(model: LlamaModel, { before = [], visible = new Set() }: DetokenizerOptions = {}) {
    this.#model = model;
    this.#before = before.slice(-CONTEXT);
    this.#visible = visible;
  }

  /** The text that is certain now; often empty. */
  push(token: Token): string {
    if (this.#visible !== "all" && this.#visible.has(token)) return this.flush() + this.#special(token);
    this.#held.push(token);
    const text = this.#text();
    return text.endsWith("\uFFFD") && this.#held.length < LONGEST_SPLIT ? "" : this.#take(text);
  }

  /** What is still held back when no more tokens come. */
  flush(): string {
    return this.#held.length === 0 ? "" : this.#take(this.#text());
  }

  #text(): string {
    return this.#model.detokenize(this.#held, this.#visible === "all", this.#before);
  }

  #special(token: Token): string {
    this.#before = [...this.#before, token].slice(-CONTEXT);
    return this.#model.detokenize([token], true);
  }

  #take(text: string): string {
    this.#before = [...this.#before, ...this.#held].slice(-CONTEXT);
    this.#held = [];
    return text;
  }
}
