import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { grammarOf } from "../../../remote/llm/grammar/json-schema.ts";
import { SchemaError } from "../../../remote/llm/grammar/schema-error.ts";
import type { JsonSchema } from "../../../remote/llm/grammar/schema-document.ts";
import { GrammarEngine } from "../../parts/grammar-engine.ts";
import { seeded } from "../../parts/seeded.ts";

/** Schemas of one seed, each with several answers. */
const SCHEMAS = 8;
const ANSWERS = 3;
const SEEDS = process.env.AI_MENTOR_LONG === undefined ? 5 : 60;

let engine: GrammarEngine;
beforeAll(async () => {
  engine = await GrammarEngine.start();
}, 60_000);
afterAll(() => engine.stop());

class RandomSchema {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  document(): JsonSchema {
    return { $defs: { leaf: this.#scalar(), tree: { type: "object", properties: { of: this.#scalar(), next: { anyOf: [{ type: "null" }, { $ref: "#/$defs/tree" }] } }, required: ["of"] } }, ...this.#schema(3) };
  }

  #number(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1));
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#number(0, items.length - 1)]!;
  }

  #maybe(keywords: () => object): object {
    return this.#random() < 0.5 ? keywords() : {};
  }

  #schema(depth: number): Record<string, unknown> {
    if (depth === 0) return this.#scalar();
    const inner = () => this.#schema(depth - 1);
    return this.#pick([
      () => this.#scalar(),
      () => this.#object(inner),
      () => this.#object(inner),
      () => ({ type: "array", items: inner(), ...this.#counts("Items") }),
      () => ({ type: "array", prefixItems: [inner(), inner()], items: this.#pick([false, inner()]), ...this.#maybe(() => ({ maxItems: 3 })) }),
      () => ({ anyOf: [inner(), inner()], ...this.#maybe(() => ({ maxLength: 8, maximum: 500, minItems: 1 })) }),
      () => ({ oneOf: ["x", "y"].map((kind) => ({ type: "object", properties: { kind: { const: kind }, value: inner() }, required: ["kind"] })) }),
      () => ({ allOf: [this.#object(inner), this.#object(inner)] }),
      () => ({ $ref: this.#pick(["#/$defs/leaf", "#/$defs/tree"]) }),
    ])();
  }

  #object(inner: () => object): Record<string, unknown> {
    const names = ["a", "ab", "b", 'q"', "é"].filter(() => this.#random() < 0.5);
    return {
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, inner()])),
      required: names.filter(() => this.#random() < 0.5),
      ...this.#maybe(() => ({ additionalProperties: this.#pick([true, this.#scalar()]) })),
    };
  }

  #scalar(): Record<string, unknown> {
    return this.#pick([
      () => ({ type: this.#pick(["null", "boolean", "integer", "number", "string"]) }),
      () => ({ type: ["string", "null"], ...this.#counts("Length") }),
      () => ({ type: this.#pick(["integer", "number"]), ...this.#maybe(() => ({ minimum: this.#number(-1200, 40) })), ...this.#maybe(() => ({ [this.#pick(["maximum", "exclusiveMaximum"])]: this.#number(41, 12_345) })) }),
      () => ({ type: "number", exclusiveMinimum: this.#number(-3, 0), exclusiveMaximum: this.#number(1, 3) }),
      () => ({ enum: ["a", 1, null, ["b"], { c: 2 }].slice(this.#number(0, 3)) }),
      () => ({ type: "string", pattern: this.#pick(["^[a-f]+\\d?$", "x.y", "^(ab|c){1,3}$|^-", "^[^\\w\\s]{2,}", "\\\\\"?$"]) }),
      () => ({ type: "string", format: this.#pick(["date", "time", "date-time", "uuid", "ipv4"]) }),
    ])();
  }

  #counts(what: "Items" | "Length"): object {
    return { ...this.#maybe(() => ({ [`min${what}`]: this.#number(0, 2) })), ...this.#maybe(() => ({ [`max${what}`]: this.#number(2, 4) })) };
  }
}

const FORMATS = {
  date: (text: string) => !Number.isNaN(Date.parse(text)) && new Date(`${text}T00:00:00Z`).toISOString().startsWith(text),
  time: (text: string) => !Number.isNaN(Date.parse(`2024-01-01T${text}`)),
  "date-time": (text: string) => !Number.isNaN(Date.parse(text)),
  uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
  ipv4: (text: string) => text.split(".").length === 4 && text.split(".").every((part) => String(Number(part)) === part && Number(part) < 256),
};

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("whatever the engine lets through fulfils the schema (seed %i)", (seed) => {
  const random = seeded(seed + 1);
  let checked = 0;
  for (let index = 0; index < SCHEMAS; index++) {
    const schema = new RandomSchema(random).document();
    let grammar: string;
    try {
      grammar = grammarOf(schema);
    } catch (error) {
      // Two random schemas may well ask for opposites, or for two patterns at once.
      if (error instanceof SchemaError) continue;
      throw error;
    }
    const fulfils = new Ajv2020({ strict: false, formats: FORMATS }).compile(schema);
    for (let answer = 0; answer < ANSWERS; answer++) {
      const text = engine.babble(grammar, random);
      if (text === null) continue;
      checked++;
      const value: unknown = JSON.parse(text);
      expect(fulfils(value) ? null : { schema: JSON.stringify(schema), text, errors: fulfils.errors }).toBeNull();
    }
  }
  expect(checked).toBeGreaterThan(SCHEMAS / 2);
});
