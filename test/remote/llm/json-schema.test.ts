import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grammarOf } from "../../../remote/llm/grammar/json-schema.ts";
import { SchemaError } from "../../../remote/llm/grammar/schema-error.ts";
import type { JsonSchema } from "../../../remote/llm/grammar/schema-document.ts";
import { GrammarEngine } from "../../parts/grammar-engine.ts";

let engine: GrammarEngine;
beforeAll(async () => {
  engine = await GrammarEngine.start();
}, 60_000);
afterAll(() => engine.stop());

const json = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value));

function expectTexts(schema: JsonSchema, { takes, refuses }: { takes: readonly string[]; refuses: readonly string[] }): void {
  const grammar = grammarOf(schema);
  expect(takes.filter((text) => !engine.accepts(grammar, text))).toEqual([]);
  expect(refuses.filter((text) => engine.accepts(grammar, text))).toEqual([]);
}

const NESTED = [{ a: { b: [1, null, { c: "d" }] } }];
const TYPED: readonly [string, JsonSchema, readonly unknown[], readonly unknown[]][] = [
  ["anything", {}, [1, -2.5e7, "x", null, true, [], [1, "2"], {}, ...NESTED], []],
  ["anything, with a description", { description: "whatever", title: "T" }, [1, "x", {}], []],
  ["null", { type: "null" }, [null], [0, "null"]],
  ["boolean", { type: "boolean" }, [true, false], ["true", 1]],
  ["integer", { type: "integer" }, [0, -1, 123456], [1.5, "1"]],
  ["number", { type: "number" }, [0, -1.25, 1e21], ["1", null]],
  ["string", { type: "string" }, ["", "a\"\\\n\u0001é🧀"], [1]],
  ["a list of types", { type: ["string", "null"], minLength: 2 }, [null, "ab"], ["a", 1]],
  ["nullable as OpenAPI has it", { type: "integer", nullable: true }, [null, 3], ["3"]],
  ["enum", { enum: ["red", 5, null, { a: [1] }, "a\"b"] }, ["red", 5, null, { a: [1] }, "a\"b"], ["blue", 55, "re"]],
  ["enum narrowed by type", { type: "string", enum: ["red", 5] }, ["red"], [5]],
  ["enum narrowed by length", { enum: ["a", "abc"], maxLength: 2 }, ["a"], ["abc"]],
  ["const", { const: [1, "x"] }, [[1, "x"]], [[1], [1, "y"]]],
  ["any object", { type: "object" }, [{}, ...NESTED], [[], 1]],
  ["any array", { type: "array" }, [[], [1, [2]]], [{}]],
  ["an object without properties", { type: "object", properties: {} }, [{}], [{ a: 1 }]],
  ["required properties", { type: "object", properties: { a: { type: "integer" }, b: { type: "string" } }, required: ["a", "b"] }, [{ a: 1, b: "x" }], [{ a: 1 }, { b: "x" }, { a: "1", b: "x" }, { a: 1, b: "x", c: 1 }]],
  [
    "optional properties, before, between and after",
    { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" }, c: { type: "integer" }, d: { type: "integer" } }, required: ["b"] },
    [{ b: 1 }, { a: 1, b: 1 }, { b: 1, d: 1 }, { a: 1, b: 1, c: 1, d: 1 }],
    [{}, { a: 1 }, { a: 1, c: 1 }, { b: 1, e: 1 }],
  ],
  ["only optional properties", { properties: { a: { type: "integer" }, b: { type: "integer" } } }, [{}, { a: 1 }, { b: 1 }, { a: 1, b: 2 }], [{ c: 1 }]],
  ["additional properties of a type", { type: "object", additionalProperties: { type: "integer" } }, [{}, { a: 1, b: 2 }], [{ a: "1" }]],
  [
    "additional properties that do not pass for known ones",
    { type: "object", properties: { and: { type: "integer" }, also: { type: "integer" } }, required: ["and"], additionalProperties: { type: "string" } },
    [{ and: 1 }, { and: 1, also: 2 }, { and: 1, an: "x" }, { and: 1, andy: "x", "": "y", also2: "z" }],
    [{ and: "x" }, { and: 1, also: "x" }, { an: "x" }],
  ],
  ["a property that is required and not described", { type: "object", properties: { a: { type: "integer" } }, required: ["a", "b"] }, [{ a: 1, b: [] }], [{ a: 1 }]],
  ["names with quotes", { properties: { 'a"\\\n': { const: 1 } }, required: ['a"\\\n'] }, [{ 'a"\\\n': 1 }], [{ a: 1 }]],
  ["array of items", { type: "array", items: { type: "integer" } }, [[], [1], [1, 2, 3]], [["1"], [1, "2"]]],
  ["array with bounds", { items: { type: "integer" }, minItems: 2, maxItems: 3 }, [[1, 2], [1, 2, 3]], [[], [1], [1, 2, 3, 4]]],
  ["array of at least", { items: { type: "integer" }, minItems: 2 }, [[1, 2], [1, 2, 3, 4]], [[1]]],
  ["array of none", { type: "array", maxItems: 0 }, [[]], [[1]]],
  ["tuple", { prefixItems: [{ type: "integer" }, { type: "string" }] }, [[1, "a"]], [[], [1], ["a", 1], [1, "a", 2]]],
  ["tuple with a rest", { prefixItems: [{ type: "integer" }], items: { type: "string" }, maxItems: 3 }, [[1], [1, "a", "b"]], [[], [1, 2], [1, "a", "b", "c"]]],
  ["tuple of older schemas", { items: [{ type: "integer" }], additionalItems: false }, [[1]], [[1, 2]]],
  ["string lengths", { minLength: 2, maxLength: 3 }, ["ab", "🧀🧀🧀", "\n\\"], ["a", "abcd"]],
  ["a long string", { type: "string", maxLength: 5000 }, ["", "x".repeat(1500), "x".repeat(5000)], ["x".repeat(5001)]],
  ["a string that is long at least", { type: "string", minLength: 2500 }, ["x".repeat(2500), "x".repeat(2600)], ["x".repeat(2499)]],
  ["a long array", { items: { const: 1 }, minItems: 1100, maxItems: 3000 }, [1100, 2000, 3000].map((length) => Array.from({ length }, () => 1)), [1099, 3001].map((length) => Array.from({ length }, () => 1))],
  ["date", { type: "string", format: "date" }, ["2024-02-29", "2000-02-29", "1999-12-31"], ["2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "24-01-01"]],
  ["time", { type: "string", format: "time" }, ["23:59:59Z", "00:00:00.123+02:00"], ["24:00:00Z", "10:00:00"]],
  ["date-time", { type: "string", format: "date-time" }, ["2024-02-29T10:00:00Z"], ["2024-02-29 10:00:00Z", "2024-02-29"]],
  ["uuid", { type: "string", format: "uuid" }, ["b4df5c3a-9b1e-4c0f-8a55-6f0f9d6a0b11"], ["b4df5c3a9b1e4c0f8a556f0f9d6a0b11"]],
  ["ipv4 and email", { anyOf: [{ format: "ipv4" }, { format: "email" }] }, ["192.168.0.255", "a.b+c@example.org"], ["256.1.1.1", "a@b"]],
  ["minimum 0", { type: "integer", minimum: 0 }, [0, 7, 123456], [-1, 1.5]],
  ["a range over several lengths", { type: "integer", minimum: 5, maximum: 123 }, [5, 9, 10, 99, 100, 123], [4, 124, 0, 1000, -5]],
  ["a range across zero", { type: "integer", minimum: -123, maximum: 42 }, [-123, -99, -1, 0, 42], [-124, 43, 100]],
  ["a range below zero", { type: "integer", exclusiveMinimum: -20, exclusiveMaximum: -5 }, [-19, -10, -6], [-20, -5, 0, 6]],
  ["only a maximum", { type: "integer", maximum: 30 }, [30, 0, -1, -100000], [31]],
  ["bounds between whole numbers", { type: "integer", minimum: 1.5, maximum: 3.5 }, [2, 3], [1, 4]],
  ["a share", { type: "number", minimum: 0, maximum: 1 }, [0, 1, 0.5, 0.123], [-0.1, 1.1, 2]],
  ["numbers without their ends", { type: "number", exclusiveMinimum: -1, exclusiveMaximum: 2 }, [-0.5, 0, 1, 1.9, -0.999], [-1, 2, -1.5]],
  ["anyOf", { anyOf: [{ type: "integer" }, { type: "array", items: { type: "null" } }] }, [1, [], [null]], ["x", [1]]],
  ["anyOf beside properties", { type: "object", properties: { a: { type: "integer" } }, required: ["a"], anyOf: [{ properties: { b: { const: 1 } }, required: ["b"] }, { properties: { c: { const: 2 } }, required: ["c"] }] }, [{ a: 1, b: 1 }, { a: 1, c: 2 }], [{ a: 1 }, { b: 1 }, { a: 1, b: 2 }]],
  ["an anyOf of which one way is closed", { type: "string", anyOf: [{ type: "integer" }, { minLength: 1 }] }, ["a"], [1, ""]],
  ["oneOf told apart by a constant", { oneOf: ["x", "y"].map((kind) => ({ type: "object", properties: { kind: { const: kind }, [kind]: { type: "integer" } }, required: ["kind", kind] })) }, [{ kind: "x", x: 1 }, { kind: "y", y: 1 }], [{ kind: "x", y: 1 }]],
  ["oneOf told apart by type", { oneOf: [{ type: "string" }, { type: "integer" }] }, ["a", 1], [null]],
  ["allOf", { allOf: [{ properties: { a: { type: "integer", minimum: 1 } }, required: ["a"] }, { properties: { a: { maximum: 3 }, b: { type: "null" } }, required: ["b"] }] }, [{ a: 1, b: null }, { a: 3, b: null }], [{ a: 1 }, { a: 4, b: null }, { a: 0, b: null }]],
  ["allOf of enums", { allOf: [{ enum: ["a", "b", "c"] }, { enum: ["b", "c", "d"] }] }, ["b", "c"], ["a", "d"]],
  ["$ref with a neighbour", { $defs: { word: { type: "string" } }, $ref: "#/$defs/word", minLength: 1 }, ["a"], ["", 1]],
  ["a reference by a name that needs escapes", { definitions: { "a/b~c d": { const: 7 } }, items: { $ref: "#/definitions/a~1b~0c%20d" } }, [[7]], [[8]]],
  [
    "a tree",
    { $ref: "#/$defs/node", $defs: { node: { type: "object", properties: { name: { type: "string" }, children: { type: "array", items: { $ref: "#/$defs/node" } } }, required: ["name"] } } },
    [{ name: "a" }, { name: "a", children: [{ name: "b", children: [] }, { name: "c" }] }],
    [{ children: [] }, { name: "a", children: [{ nam: "b" }] }],
  ],
  ["a schema within itself", { properties: { next: { anyOf: [{ $ref: "#" }, { type: "null" }] } }, required: ["next"] }, [{ next: null }, { next: { next: { next: null } } }], [{}, { next: {} }]],
  ["a property that nothing can fulfil", { properties: { a: false, b: { type: "integer" } } }, [{}, { b: 1 }], [{ a: 1 }]],
];

test.each(TYPED)("%s", (_, schema, takes, refuses) => {
  expectTexts(schema, { takes: json(takes), refuses: json(refuses) });
});

test("white space between the parts, but not without end and not around the whole", () => {
  expectTexts({ type: "object", properties: { a: { type: "array", items: { type: "integer" } } }, required: ["a"] }, {
    takes: ['{"a":[1,2]}', '{ "a": [1, 2] }', '{\n  "a": [\n    1,\n    2\n  ]\n}'],
    refuses: [' {"a":[]}', '{"a":[]}\n', `{${" ".repeat(30)}"a":[]}`, "{\n\n\n\"a\":[]}"],
  });
});

const PATTERNS: readonly [string, readonly string[], readonly string[]][] = [
  ["^abc$", ["abc"], ["ab", "abcd", "xabc"]],
  ["b+", ["b", "abbc", "\nb\n"], ["", "ac"]],
  ["^a|b$", ["ax", "xb", "a"], ["xa", "bx"]],
  ["^(a|bc){2,3}$", ["aa", "bcabc"], ["a", "aaaa"]],
  ["^[a-cx-]+\\d{3}$", ["ax-123"], ["d123", "a12"]],
  ["^[^a-z\"]*$", ["A1\n\\é"], ["a", "\""]],
  ["^\\w+\\s\\S\\W\\D$", ["a_1 x!y"], ["a1x!y", "a x!1"]],
  ["^\"\\\\\\/\\.\\n\\x41\\u00e9$", ["\"\\/.\nAé"], ["\"\\/x\nAé"]],
  ["^.{2}$", ["🧀é", "\\\""], ["a", "a\n"]],
  ["^(?:a(?<name>b)?)*?$", ["", "aab"], ["b"]],
  ["^$", [""], ["a"]],
  ["^[\\u{1F600}-\\u{1F64F}]$", ["😀"], ["a"]],
];

test.each(PATTERNS)("the pattern %s", (pattern, takes, refuses) => {
  for (const text of [...takes, ...refuses]) expect(new RegExp(pattern, "u").test(text)).toBe(takes.includes(text));
  expectTexts({ type: "string", pattern }, { takes: json(takes), refuses: json(refuses) });
});

test("a pattern of one repeated set keeps to lengths too", () => {
  expectTexts({ pattern: "^[a-z]+$", minLength: 2, maxLength: 3 }, { takes: json(["ab", "abc"]), refuses: json(["a", "abcd", "A1"]) });
  expectTexts({ pattern: "^[A-Z]{2}-\\d{4}$", maxLength: 20 }, { takes: json(["AB-1234"]), refuses: json(["AB-123"]) });
});

const REFUSED: readonly [string, JsonSchema, string, string | null][] = [
  ["not", { properties: { a: { not: { type: "string" } } } }, "/properties/a", "not"],
  ["if", { if: {}, else: {} }, "", "if"],
  ["patternProperties", { items: { patternProperties: {} } }, "/items", "patternProperties"],
  ["uniqueItems", { type: "array", uniqueItems: true }, "", "uniqueItems"],
  ["contains", { type: "array", contains: {} }, "", "contains"],
  ["multipleOf", { type: "integer", multipleOf: 3 }, "", "multipleOf"],
  ["minProperties", { type: "object", minProperties: 1 }, "", "minProperties"],
  ["maxProperties", { type: "object", maxProperties: 1 }, "", "maxProperties"],
  ["dependentRequired", { dependentRequired: {} }, "", "dependentRequired"],
  ["a misspelt keyword", { type: "string", maxLenght: 3 }, "", "maxLenght"],
  ["bounds between whole numbers for any number", { type: "number", minimum: 0.5 }, "", "minimum"],
  ["a bound beyond exact numbers", { type: "integer", maximum: 1e20 }, "", "maximum"],
  ["an unknown type", { type: "kaboom" }, "", "type"],
  ["an unknown format", { properties: { a: { type: "string", format: "iban" } } }, "/properties/a", "format"],
  ["a foreign reference", { $ref: "https://example.org/schema" }, "", "$ref"],
  ["a reference to nothing", { items: { $ref: "#/$defs/none" } }, "/items", "$ref"],
  ["a reference to itself", { $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } }, $ref: "#/$defs/a" }, "/$defs/a", null],
  ["a look ahead", { pattern: "^(?=a)b$" }, "", "pattern"],
  ["a reference back", { pattern: "^(a)\\1$" }, "", "pattern"],
  ["the edge of a word", { pattern: "\\bword" }, "", "pattern"],
  ["an anchor in the middle", { pattern: "a(^b)" }, "", "pattern"],
  ["what is no regular expression", { pattern: "(" }, "", "pattern"],
  ["two patterns", { allOf: [{ type: "string", pattern: "a" }, { pattern: "b" }] }, "/allOf/1", "pattern"],
  ["a pattern that does not show its length", { pattern: "^(ab)+$", maxLength: 5 }, "", "pattern"],
  ["oneOf that may fit twice", { oneOf: [{ type: "integer" }, { type: "number" }] }, "", "oneOf"],
  ["a name that needs no schema", { properties: { a: 5 } }, "/properties/a", null],
  ["nothing that could fulfil it", { type: "string", enum: [1] }, "", null],
  ["a required property that is forbidden", { type: "object", properties: { a: false }, required: ["a"] }, "", null],
  ["false", false, "", null],
  ["bounds that exclude each other", { type: "integer", minimum: 3, maximum: 2 }, "", null],
  ["a schema that multiplies itself", { allOf: Array.from({ length: 12 }, () => ({ anyOf: [{ minLength: 1 }, { minItems: 1 }, { minimum: 1 }] })) }, "", null],
];

function refusalOf(schema: JsonSchema): unknown {
  try {
    return grammarOf(schema);
  } catch (error) {
    return error;
  }
}

test.each(REFUSED)("refuses %s, and says where", (_, schema, pointer, keyword) => {
  const refusal = refusalOf(schema);
  expect(refusal).toBeInstanceOf(SchemaError);
  expect(refusal).toMatchObject({ pointer, keyword, message: expect.stringContaining(keyword ?? pointer) });
});

describe("refuses without going under", () => {
  test.each([
    ["deep schemas", JSON.parse(`${'{"items":'.repeat(20_000)}{}${"}".repeat(20_000)}`) as JsonSchema],
    ["deep patterns", { pattern: `${"(".repeat(20_000)}${")".repeat(20_000)}` }],
  ])("%s", (_, schema) => {
    expect(() => grammarOf(schema)).toThrow(SchemaError);
  });
});
