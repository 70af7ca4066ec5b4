import type { LlamaModel, Token } from "node-llama-cpp";

/** `tokenizer.ggml.token_type` of the GGUF. */
const NORMAL = 1;
const BYTE = 6;

/**
 * The bytes that a token stands for. A token may end in the middle of a character, and then only
 * its bytes say what it is. They are taken from the vocabulary in the file: detokenising gives
 * text, in which a broken character is lost.
 */
export class TokenBytes {
  readonly #model: LlamaModel;
  readonly #kind: string;
  readonly #texts: readonly string[];
  readonly #types: readonly number[];

  constructor(model: LlamaModel) {
    const { model: kind = "", tokens = [], token_type: types = [] } = model.fileInfo.metadata.tokenizer?.ggml ?? {};
    this.#model = model;
    this.#kind = kind;
    this.#texts = tokens;
    this.#types = types;
  }

  of(token: Token): Buffer {
    const text = this.#texts[token];
    if (text === undefined) return Buffer.alloc(0);
    const type = this.#types[token] ?? NORMAL;
    if (type === BYTE) {
      const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(text)?.[1];
      if (byte !== undefined) return Buffer.from(byte, "hex");
    }
    if (type !== NORMAL) return Buffer.from(text);
    if (this.#kind === "gpt2") return fromByteLevel(text);
    if (this.#kind === "llama") return Buffer.from(text.replaceAll("\u2581", " "));
    return Buffer.from(this.#model.detokenize([token], true));
  }
}

/**
 * Byte-level vocabularies write each byte as one printable character: bytes that are printable in
 * Latin-1 as themselves, the others as the characters from U+0100 on, in their order (GPT-2's
 * `bytes_to_unicode`).
 */
const BYTE_OF = new Map<string, number>();
for (let byte = 0, others = 0; byte < 256; byte++) {
  const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  BYTE_OF.set(String.fromCharCode(printable ? byte : 0x100 + others++), byte);
}

function fromByteLevel(text: string): Buffer {
  return Buffer.concat([...text].map((character) => {
    const byte = BYTE_OF.get(character);
    return byte === undefined ? Buffer.from(character) : Buffer.from([byte]);
  }));
}
