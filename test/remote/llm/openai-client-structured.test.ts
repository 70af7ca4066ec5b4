import OpenAI, { BadRequestError } from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LlmServer } from "../../../remote/llm/server.ts";
import { KEY, startedServer } from "./support.ts";

/** Tools and bound answers as the official client and its helpers use them. */
const MODEL = "SmolLM2-135M-Instruct.Q4_1";

let server: LlmServer;
let openai: OpenAI;
beforeAll(async () => {
  server = await startedServer({ contextTokens: 1024 });
  openai = new OpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: KEY, maxRetries: 0 });
}, 60_000);
afterAll(() => server.close());

const question = (content: string): OpenAI.ChatCompletionMessageParam => ({ role: "user", content });

const QUIZ = {
  type: "object",
  properties: {
    question: { type: "string", minLength: 8, maxLength: 60 },
    answers: { type: "array", items: { type: "string", minLength: 1, maxLength: 20 }, minItems: 2, maxItems: 3 },
    correct: { type: "integer", minimum: 0, maximum: 2 },
  },
  required: ["question", "answers", "correct"],
  additionalProperties: false,
};

test("structured output: the parse helper hands out an object of the schema, whole and streamed", async () => {
  const asked = {
    model: MODEL,
    messages: [question("Make a quiz question about lighthouses.")],
    temperature: 0.7,
    seed: 11,
    max_tokens: 300,
    response_format: { type: "json_schema", json_schema: { name: "quiz", strict: true, schema: QUIZ } },
  } satisfies OpenAI.ChatCompletionCreateParamsNonStreaming;
  const whole = (await openai.chat.completions.parse(asked)).choices[0]!;
  const gathered = (await openai.chat.completions.stream(asked).finalChatCompletion()).choices[0]!;
  for (const { finish_reason: finish, message } of [whole, gathered]) {
    expect(finish).toBe("stop");
    expect(message.parsed).toEqual({ question: expect.any(String), answers: expect.any(Array), correct: expect.any(Number) });
    const { answers, correct } = message.parsed as unknown as { answers: string[]; correct: number };
    expect(answers.length).toBeGreaterThanOrEqual(2);
    expect([0, 1, 2]).toContain(correct);
  }
  expect(gathered.message.content).toBe(whole.message.content);
});

test("structured output: what the grammar cannot keep to is refused with its place", async () => {
  const schema = { type: "object", properties: { n: { type: "integer", multipleOf: 3 } } };
  const refused = await openai.chat.completions
    .create({ model: MODEL, messages: [question("A number.")], response_format: { type: "json_schema", json_schema: { name: "n", schema } } })
    .then(() => null, (error: unknown) => error);
  expect(refused).toBeInstanceOf(BadRequestError);
  expect(refused).toMatchObject({ message: expect.stringMatching(/multipleOf/) });
  expect((refused as BadRequestError).param).toContain("response_format");
});

test("tools: a call is made, answered, and the answer read by the model; streamed, the helper gathers the same call", async () => {
  const tools = [{ type: "function", function: { name: "tide", description: "The tide at a place.", parameters: { type: "object", properties: { place: { type: "string", maxLength: 12 } }, required: ["place"], additionalProperties: false } } }] satisfies OpenAI.ChatCompletionTool[];
  const messages = [question("How high is the water at Brest?")];
  const asked = { model: MODEL, messages, tools, tool_choice: "required", parallel_tool_calls: false, temperature: 0, max_tokens: 120 } satisfies OpenAI.ChatCompletionCreateParamsNonStreaming;
  const [choice] = (await openai.chat.completions.create(asked)).choices;
  expect(choice!.finish_reason).toBe("tool_calls");
  const [called] = choice!.message.tool_calls!;
  expect(called).toMatchObject({ type: "function", function: { name: "tide" } });
  if (called!.type !== "function") throw new Error("It is a function.");
  expect(JSON.parse(called!.function.arguments)).toEqual({ place: expect.any(String) });

  const gathered = (await openai.chat.completions.stream(asked).finalChatCompletion()).choices[0]!;
  expect(gathered.finish_reason).toBe("tool_calls");
  expect(gathered.message.tool_calls![0]).toMatchObject({ type: "function", function: called!.function });

  const reply = await openai.chat.completions.create({
    ...asked,
    messages: [...messages, choice!.message, { role: "tool", tool_call_id: called!.id, content: "3.1 metres" }],
    tool_choice: "none",
    max_tokens: 24,
  });
  expect(reply.choices[0]!.message.tool_calls).toBeUndefined();
  expect(reply.choices[0]!.message.content).toMatch(/\S/);
});
