import type { LlamaModel, Token } from "node-llama-cpp";

/** A character is at most 4 bytes; a token that ends inside one is completed by 3 more at most. */
const LONGEST_SPLIT = 4;
/** Tokens that decide how the next ones are written (a space before a word, or none). */
const CONTEXT = 3;

/**
 * Text of a growing row of tokens. A character of several tokens is held back until it is whole, so
 * that no piece ever carries a replacement character the model did not write.
 */
export class Detokenizer {
  readonly #model: LlamaModel;
  #before: Token[];
  #held: Token[] = [];

  /** `before` are the tokens that the text goes on from; empty where it stands for itself. */
  constructor(model: LlamaModel, before: readonly Token[] = []) {
    this.#model = model;
    this.#before = before.slice(-CONTEXT);
  }

  /** The text that is certain now; often empty. */
  push(token: Token): string {
    this.#held.push(token);
    const text = this.#text();
    return text.endsWith("\uFFFD") && this.#held.length < LONGEST_SPLIT ? "" : this.#take(text);
  }

  /** What is still held back when no more tokens come. */
  flush(): string {
    return this.#held.length === 0 ? "" : this.#take(this.#text());
  }

  #text(): string {
    return this.#model.detokenize(this.#held, false, this.#before);
  }

  #take(text: string): string {
    this.#before = [...this.#before, ...this.#held].slice(-CONTEXT);
    this.#held = [];
    return text;
  }
}
