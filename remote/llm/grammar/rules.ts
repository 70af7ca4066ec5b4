import { SchemaError } from "./schema-error.ts";

/** llama.cpp reads a grammar of this size in milliseconds; more is a schema that multiplies itself. */
const MOST_CHARACTERS = 1024 * 1024;
/** llama.cpp refuses 2,000 repetitions of one thing, and takes a higher upper bound for none at all. */
const MOST_REPETITIONS = 1000;

/** A grammar in the making: each rule once, under a name of its own. */
export class Rules {
  readonly #bodies = new Map<string, string>();
  readonly #names = new Map<string, string>();
  #characters = 0;

  /** The name of a rule with this body. */
  add(kind: string, body: string): string {
    const known = this.#names.get(body);
    if (known !== undefined) return known;
    const name = this.reserve(kind);
    this.define(name, body);
    this.#names.set(body, name);
    return name;
  }

  /** A name for a rule that refers to itself, to be defined later. */
  reserve(kind: string): string {
    const name = `${kind}-${this.#bodies.size}`;
    this.#bodies.set(name, "");
    return name;
  }

  /** @throws SchemaError when the grammar grows beyond all measure */
  define(name: string, body: string): void {
    this.#bodies.set(name, body);
    this.#characters += body.length;
    if (this.#characters > MOST_CHARACTERS) throw new SchemaError("", null, `its grammar would be longer than ${MOST_CHARACTERS} characters.`);
  }

  /**
   * `min` to `max` times the rule of that name; null for no upper bound. High counts are halved
   * until llama.cpp takes them; each count has one derivation only, so that few are open at a time.
   */
  repeat(rule: string, min: number, max: number | null): string {
    if (max === 0) return '""';
    if (max === null) return min === 0 ? `${rule}*` : min === 1 ? `${rule}+` : `${this.#exactly(rule, min)} ${rule}*`;
    if (min === max) return this.#exactly(rule, min);
    if (min === 0) return this.#upTo(rule, max);
    return max <= MOST_REPETITIONS ? `${rule}{${min},${max}}` : `${this.#exactly(rule, min)} ${this.#upTo(rule, max - min)}`;
  }

  toString(): string {
    return [...this.#bodies].map(([name, body]) => `${name} ::= ${body}\n`).join("");
  }

  #exactly(rule: string, count: number): string {
    if (count <= MOST_REPETITIONS) return count === 1 ? rule : `${rule}{${count}}`;
    const half = Math.floor(count / 2);
    return this.add("exactly", `${this.#exactly(rule, half)} ${this.#exactly(rule, count - half)}`);
  }

  #upTo(rule: string, count: number): string {
    if (count <= MOST_REPETITIONS) return count === 1 ? `${rule}?` : `${rule}{0,${count}}`;
    const half = Math.floor((count + 1) / 2);
    return this.add("up-to", `${this.#exactly(rule, half)} ${this.#upTo(rule, count - half)} | ${this.#upTo(rule, half - 1)}`);
  }
}

/** Exactly this text, as GBNF writes it. */
export function literal(text: string): string {
  // oxlint-disable-next-line no-control-regex -- GBNF writes them as escapes
  return `"${text.replace(/["\\]/g, "\\$&").replace(/[\x00-\x1f\x7f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;
}

/** One of several ways, in brackets where there is more than one. */
export function oneOf(ways: readonly string[]): string {
  return ways.length === 1 ? ways[0]! : `(${ways.join(" | ")})`;
}
