import type { Rules } from "./rules.ts";

/** A character of a JSON string. Halves of a character are left out: alone they are no text. */
const CHARACTER = '[^"\\\\\\x00-\\x1F\\x7F] | "\\\\" (["\\\\/bfnrt] | "u" ([0-9a-cefA-CEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}))';
/** Bounded: a model that is unsure would go on with it for ever. */
const SPACE = '" "? | "\\n" [ \\t]{0,20}';
const INTEGER = '"-"? ("0" | [1-9] [0-9]{0,15})';
/** Two digits of exponent keep it finite in every reader. */
const NUMBER = `${INTEGER} ("." [0-9]{1,15})? ([eE] [-+]? [0-9]{1,2})?`;

/** Rules of JSON without any schema, each made when first asked for. */
export class JsonValues {
  readonly rules: Rules;
  #value: string | null = null;

  constructor(rules: Rules) {
    this.rules = rules;
  }

  get space(): string {
    return this.rules.add("space", SPACE);
  }

  get character(): string {
    return this.rules.add("character", CHARACTER);
  }

  get string(): string {
    return this.rules.add("string", `"\\"" ${this.character}* "\\""`);
  }

  get integer(): string {
    return this.rules.add("integer", INTEGER);
  }

  get number(): string {
    return this.rules.add("number", NUMBER);
  }

  get boolean(): string {
    return this.rules.add("boolean", '"true" | "false"');
  }

  get value(): string {
    if (this.#value === null) {
      this.#value = this.rules.reserve("value");
      this.rules.define(this.#value, `${this.object} | ${this.array} | ${this.string} | ${this.number} | ${this.boolean} | "null"`);
    }
    return this.#value;
  }

  get object(): string {
    const member = this.rules.add("member", `${this.string} ${this.space} ":" ${this.space} ${this.value} ${this.space}`);
    return this.rules.add("object", `"{" ${this.space} (${member} ("," ${this.space} ${member})*)? "}"`);
  }

  get array(): string {
    const element = this.rules.add("element", `${this.value} ${this.space}`);
    return this.rules.add("array", `"[" ${this.space} (${element} ("," ${this.space} ${element})*)? "]"`);
  }
}
