import { randomBytes } from "node:crypto";
import type { Segment } from "./segments.ts";

/** What a template may want to compare or look up, and what no special token is made of. */
const WORD = /^[\w .-]*$/;

/**
 * Hides people's text from a template behind unguessable placeholders, so that afterwards every
 * character of the prompt is known to be either markup or somebody's text. Each placeholder holds a
 * quotation mark: what became of it tells whether the template wrote the text as JSON.
 */
export class Mask {
  readonly #nonce = randomBytes(12).toString("hex");
  readonly #texts: string[] = [];
  /** Placeholders that must be found again. */
  readonly #needed = new Set<number>();

  /** White space around the text stays outside: templates trim it. */
  text(text: string, needed = true): string {
    const core = text.trim();
    if (core === "") return text;
    const index = this.#texts.push(core) - 1;
    if (needed) this.#needed.add(index);
    return text.replace(core, () => `${this.#nonce}-${index}"${this.#nonce}`);
  }

  /** All texts in a value, the names in it too; with `words`, single words stay readable. */
  value(value: unknown, { words }: { words: boolean }): unknown {
    if (typeof value === "string") return words && WORD.test(value) ? value : this.text(value, !words);
    if (Array.isArray(value)) return value.map((item: unknown) => this.value(item, { words }));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [this.value(name, { words }), this.value(item, { words })]));
  }

  /** null when a text that is needed does not appear in what the template made of it. */
  segments(rendered: string): Segment[] | null {
    const seen = new Set<number>();
    const segments: Segment[] = [];
    let done = 0;
    for (const match of rendered.matchAll(new RegExp(`${this.#nonce}-(\\d+)(\\\\*)"${this.#nonce}`, "g"))) {
      const index = Number(match[1]);
      seen.add(index);
      segments.push({ text: rendered.slice(done, match.index), from: "template" }, { text: escaped(this.#texts[index] ?? "", match[2]!.length), from: "person" });
      done = match.index + match[0].length;
    }
    segments.push({ text: rendered.slice(done), from: "template" });
    return [...this.#needed].every((index) => seen.has(index)) ? segments.filter(({ text }) => text !== "") : null;
  }
}

/** As JSON within JSON within …: each time doubles the backslashes before a quotation mark, and adds one. */
function escaped(text: string, backslashes: number): string {
  let result = text;
  for (let before = 0; before < backslashes; before = before * 2 + 1) result = JSON.stringify(result).slice(1, -1);
  return result;
}
