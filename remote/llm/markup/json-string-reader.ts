const ESCAPES: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** Reads a JSON string that comes in pieces, from behind its opening quote. */
export class JsonStringReader {
  #held = "";

  /** The text that is certain, and what follows the closing quote; null before that. */
  push(piece: string): { text: string; rest: string | null } {
    this.#held += piece;
    let text = "";
    while (this.#held !== "") {
      const plain = /^[^"\\]+/.exec(this.#held)?.[0];
      if (plain !== undefined) {
        text += plain;
        this.#held = this.#held.slice(plain.length);
        continue;
      }
      if (this.#held.startsWith('"')) {
        const rest = this.#held.slice(1);
        this.#held = "";
        return { text, rest };
      }
      const escape = /^\\(?:u([0-9a-fA-F]{4})|([^u]))/.exec(this.#held);
      if (escape === null) break;
      text += escape[1] === undefined ? (ESCAPES[escape[2]!] ?? escape[2]!) : String.fromCharCode(Number.parseInt(escape[1], 16));
      this.#held = this.#held.slice(escape[0].length);
    }
    return { text, rest: null };
  }
}
