import { afterAll, beforeAll, expect, test } from "vitest";
import type { LlmServer } from "../../../remote/llm/server.ts";
import { call, startedServer, streamed } from "./support.ts";

const CHAT = "/v1/chat/completions";
const PERSON = {
  type: "object",
  properties: { name: { type: "string", minLength: 1, maxLength: 12 }, age: { type: "integer", minimum: 18, maximum: 99 }, tags: { type: "array", items: { enum: ["kind", "tall"] }, maxItems: 2 } },
  required: ["name", "age", "tags"],
};
const strict = (schema: object) => ({ response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } } });
const ask = (content: string, rest: object = {}) => ({ messages: [{ role: "user", content }], temperature: 0, max_tokens: 100, ...rest });

let server: LlmServer;
beforeAll(async () => {
  server = await startedServer({ contextTokens: 512 });
}, 60_000);
afterAll(() => server.close());

function expectPerson(text: string): void {
  const { name, age, tags, ...more } = JSON.parse(text) as { name: string; age: number; tags: string[] };
  expect(more).toEqual({});
  expect([...name].length).toBeGreaterThan(0);
  expect([...name].length).toBeLessThanOrEqual(12);
  expect(Number.isInteger(age) && age >= 18 && age <= 99).toBe(true);
  expect(tags.every((tag) => ["kind", "tall"].includes(tag)) && tags.length <= 2).toBe(true);
}

test("a chat's answer fulfils the schema, whole and streamed, at any temperature", async () => {
  const greedy = await call(server, CHAT, ask("Describe a person.", strict(PERSON)));
  expect(greedy.body.choices[0].finish_reason).toBe("stop");
  expectPerson(greedy.body.choices[0].message.content);
  const events = await streamed(server, CHAT, ask("Describe a person.", strict(PERSON)));
  expect(events.slice(0, -1).map((event) => JSON.parse(event).choices[0].delta.content ?? "").join("")).toBe(greedy.body.choices[0].message.content);
  for (const seed of [1, 2, 3]) expectPerson((await call(server, CHAT, ask("Describe a person.", { ...strict(PERSON), temperature: 1.8, seed }))).body.choices[0].message.content);
});

test("several answers to one question each keep to it", async () => {
  const { body } = await call(server, CHAT, ask("Describe a person.", { ...strict(PERSON), n: 2, temperature: 1 }));
  expect(body.choices).toHaveLength(2);
  for (const { message } of body.choices) expectPerson(message.content);
});

test("json_object is an object, and takes llama-server's schema", async () => {
  const any = await call(server, CHAT, ask('Answer in JSON: {"colour": …}', { response_format: { type: "json_object" }, max_tokens: 60 }));
  expect(any.body.choices[0].message.content).toMatch(/^\{/);
  const one = await call(server, CHAT, ask("Hello", { response_format: { type: "json_object", schema: { const: { a: 1 } } } }));
  expect(one.body.choices[0].message.content).toBe('{"a":1}');
});

test("a completion keeps to a schema or a grammar", async () => {
  const complete = async (rest: object) => (await call(server, "/v1/completions", { prompt: "The answer is", temperature: 0, max_tokens: 40, ...rest })).body.choices[0];
  expect(await complete(strict({ enum: ["yes", "no"] }))).toMatchObject({ text: expect.stringMatching(/^"(yes|no)"$/), finish_reason: "stop" });
  expect(await complete({ json_schema: { type: "boolean" } })).toMatchObject({ text: expect.stringMatching(/^(true|false)$/), finish_reason: "stop" });
  expect(await complete({ grammar: 'root ::= "<" [a-c]{3} ">"' })).toMatchObject({ text: expect.stringMatching(/^<[a-c]{3}>$/), finish_reason: "stop" });
});

test("what the grammar lets through reaches the client, special tokens too", async () => {
  // Token 1 is <|im_start|>: it is to be taken whole, not spelt.
  const { body } = await call(server, CHAT, ask("Hello", { ...strict({ enum: ["a<|im_start|>b"] }), logit_bias: { 1: 100 } }));
  expect(body.choices[0]).toMatchObject({ message: { content: '"a<|im_start|>b"' }, finish_reason: "stop" });
  expect(body.usage.completion_tokens).toBeLessThan(8);
});

test("an answer cut by max_tokens says so", async () => {
  const { body } = await call(server, CHAT, ask("Describe a person.", { ...strict(PERSON), max_tokens: 5 }));
  expect(body.choices[0].finish_reason).toBe("length");
  expect(() => JSON.parse(body.choices[0].message.content) as unknown).toThrow(SyntaxError);
});

test.each([
  ["a keyword", strict({ type: "object", properties: { "a/b": { not: {} } } }), "response_format.json_schema.schema/properties/a~1b/not", "unsupported_schema"],
  ["a form that nothing fulfils", strict({ type: "string", enum: [1] }), "response_format.json_schema.schema", "unsupported_schema"],
  ["a grammar with a fault", { grammar: "root ::= (" }, "grammar", "invalid_grammar"],
  ["a grammar that leads nowhere", { grammar: "root ::= root" }, "grammar", "invalid_grammar"],
  ["a schema and a grammar", { ...strict({}), grammar: 'root ::= "a"' }, "grammar", "invalid_value"],
  ["log probabilities under a grammar", { ...strict({}), logprobs: true }, "logprobs", "invalid_value"],
  ["an unknown format", { response_format: { type: "xml" } }, "response_format.type", "invalid_value"],
  ["no schema", { response_format: { type: "json_schema" } }, "response_format.json_schema", "invalid_value"],
])("names %s", async (_, change, param, code) => {
  const { status, body } = await call(server, CHAT, ask("Hello", change));
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ param, code });
  expect(body.error.message).toContain(param.split("/")[0]);
});
