import { afterAll, beforeAll, expect, test } from "vitest";
import type { LlmServer } from "../../../remote/llm/server.ts";
import { embeddingModel } from "../../parts/models.ts";
import { call, startedServer } from "./support.ts";

let server: LlmServer;
beforeAll(async () => {
  server = await startedServer({ embeddingModel: await embeddingModel(), parallel: 1 });
}, 60_000);
afterAll(() => server.close());

const embed = (input: string | string[], rest: object = {}) => call(server, "/v1/embeddings", { input, ...rest });
const dot = (a: number[], b: number[]) => a.reduce((sum, value, index) => sum + value * b[index]!, 0);

test("vectors have length 1, in the order of the texts, and near meanings lie near", async () => {
  const { body } = await embed(["A cat sat on the mat.", "A kitten is sitting on a rug.", "The interest rate was raised."]);
  const [cat, kitten, rate] = body.data.map(({ embedding }: { embedding: number[] }) => embedding);
  for (const vector of [cat, kitten, rate]) expect(dot(vector, vector)).toBeCloseTo(1, 5);
  expect(cat).toHaveLength(384);
  expect(dot(cat, kitten)).toBeGreaterThan(0.4);
  expect(dot(cat, rate)).toBeLessThan(0.2);
  expect(body).toMatchObject({ object: "list", model: "all-MiniLM-L6-v2.f16", data: [{ index: 0 }, { index: 1 }, { index: 2 }] });
  const alone = await embed("The interest rate was raised.");
  expect(dot(alone.body.data[0].embedding, rate)).toBeCloseTo(1, 5);
});

test("a text just short of and just over where another way of reading begins means the same", async () => {
  const words = (count: number) => "tide ".repeat(count).trim();
  const { body } = await embed([words(61), words(62), words(300)]);
  const [short, long, longest] = body.data.map(({ embedding }: { embedding: number[] }) => embedding);
  expect(dot(short, long)).toBeGreaterThan(0.999);
  for (const vector of [short, long, longest]) expect(dot(vector, vector)).toBeCloseTo(1, 5);
});

test("base64 holds the same 32-bit floats", async () => {
  const { body } = await embed("hello", { encoding_format: "float" });
  const packed = await embed("hello", { encoding_format: "base64" });
  const bytes = Buffer.from(packed.body.data[0].embedding, "base64");
  expect(Array.from({ length: 384 }, (_, index) => bytes.readFloatLE(index * 4))).toEqual(body.data[0].embedding);
});

test("both models are listed", async () => {
  const { body } = await call(server, "/v1/models");
  expect(body.data.map(({ id }: { id: string }) => id)).toEqual(["SmolLM2-135M-Instruct.Q4_1", "all-MiniLM-L6-v2.f16"]);
});

test.each([
  ["a text over the model's length, by name and count", ["short", "long ".repeat(600)], {}, "input", /Text 2 of 2 has 602 tokens/],
  ["an empty text", [""], {}, "input", /input/],
  ["other dimensions", ["x"], { dimensions: 64 }, "dimensions", /384/],
  ["an unknown parameter", ["x"], { truncate: true }, "truncate", /truncate/],
])("refuses %s", async (_, input, rest, param, says) => {
  const { status, body } = await embed(input, rest);
  expect(status).toBe(400);
  expect(body.error.message).toMatch(says);
  expect(body.error.param).toContain(param);
});
