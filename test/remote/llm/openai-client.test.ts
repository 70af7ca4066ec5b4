import OpenAI, { APIUserAbortError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, PermissionDeniedError, RateLimitError } from "openai";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startLlmServer, type LlmServer } from "../../../remote/llm/server.ts";
import { embeddingModel } from "../../parts/models.ts";
import { call, KEY, llmConfig, startedServer } from "./support.ts";

/** What the official client makes of our answers: programs are written against it, not against HTTP. */
const MODEL = "SmolLM2-135M-Instruct.Q4_1";
const COLOURS = { model: MODEL, messages: [{ role: "user", content: "Name three colours." }], temperature: 0, max_tokens: 16 } satisfies OpenAI.ChatCompletionCreateParamsNonStreaming;
const ENDLESS = { model: MODEL, prompt: "count: 1 2 3 4 5 6 7 8 9", temperature: 0, max_tokens: 1000 };

let server: LlmServer;
let openai: OpenAI;
beforeAll(async () => {
  server = await startedServer({ parallel: 2, embeddingModel: await embeddingModel() }, { queueLimit: 1 });
  openai = clientOf();
}, 60_000);
afterAll(() => server.close());

const clientOf = (change: ConstructorParameters<typeof OpenAI>[0] = {}) => new OpenAI({ baseURL: `http://127.0.0.1:${server.port}/v1`, apiKey: KEY, maxRetries: 0, ...change });
const active = async () => (await call(server, "/health")).body.active;

test("models: listed, and one by its name", async () => {
  const models = (await openai.models.list()).data;
  expect(models.map(({ id }) => id)).toEqual([MODEL, "all-MiniLM-L6-v2.f16"]);
  expect(await openai.models.retrieve(MODEL)).toEqual(models[0]);
});

test("chat: whole, streamed, and gathered by the client's own helper, it is one answer", async () => {
  const whole = await openai.chat.completions.create(COLOURS);
  expect(whole.choices[0]).toMatchObject({ index: 0, message: { role: "assistant", refusal: null }, finish_reason: "length", logprobs: null });
  expect(whole.usage).toMatchObject({ completion_tokens: 16, total_tokens: whole.usage!.prompt_tokens + 16 });
  expect(whole.model).toBe(MODEL);

  let text = "";
  let usage: OpenAI.CompletionUsage | null | undefined;
  for await (const chunk of await openai.chat.completions.create({ ...COLOURS, stream: true, stream_options: { include_usage: true } })) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  expect(text).toBe(whole.choices[0]!.message.content);
  expect(usage).toMatchObject({ prompt_tokens: whole.usage!.prompt_tokens, completion_tokens: 16 });

  const gathered = await openai.chat.completions.stream(COLOURS).finalChatCompletion();
  expect(gathered.choices[0]!.message.content).toBe(text);
});

test("log probabilities and several choices, whole and gathered from a stream", async () => {
  const asked = { ...COLOURS, max_tokens: 6, logprobs: true, top_logprobs: 2, n: 2, temperature: 1, seed: 4 };
  for (const { choices } of [await openai.chat.completions.create(asked), await openai.chat.completions.stream(asked).finalChatCompletion()]) {
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    for (const { message, logprobs } of choices) {
      expect(Buffer.from(logprobs!.content!.flatMap(({ bytes }) => bytes!)).toString().trimStart()).toBe(message.content!.trimStart());
      expect(logprobs!.content!.every(({ top_logprobs }) => top_logprobs.length === 2)).toBe(true);
    }
  }
});

test("completions: text goes on from text, or from its tokens", async () => {
  const prompt = "One, two, three, four, five,";
  const { tokens } = (await call(server, "/tokenize", { content: prompt, add_special: true })).body;
  const texts: string[] = [];
  for (const from of [prompt, [prompt], tokens]) texts.push((await openai.completions.create({ model: MODEL, prompt: from, temperature: 0, max_tokens: 4 })).choices[0]!.text);
  expect(texts[0]).toMatch(/^ six/);
  expect(texts).toEqual([texts[0], texts[0], texts[0]]);
});

test("leaving a stream, or aborting a request, frees the slot", async () => {
  for await (const chunk of await openai.completions.create({ ...ENDLESS, stream: true })) if (chunk.choices[0]!.text !== "") break;
  await vi.waitFor(async () => expect(await active()).toBe(0), { timeout: 10_000 });

  const gone = new AbortController();
  const lost = openai.completions.create(ENDLESS, { signal: gone.signal });
  await vi.waitFor(async () => expect(await active()).toBe(1), { timeout: 10_000, interval: 5 });
  gone.abort();
  await expect(lost).rejects.toThrow(APIUserAbortError);
  await vi.waitFor(async () => expect(await active()).toBe(0), { timeout: 10_000 });
});

test("embeddings: the client asks for base64 by itself and unpacks what it would get as numbers", async () => {
  const input = ["A cat sat on the mat.", "The interest rate was raised."];
  const packed = await openai.embeddings.create({ model: "all-MiniLM-L6-v2.f16", input });
  const numbers = await openai.embeddings.create({ model: "all-MiniLM-L6-v2.f16", input, encoding_format: "float" });
  expect(packed.data.map(({ embedding }) => [...embedding])).toEqual(numbers.data.map(({ embedding }) => embedding));
  expect(numbers.data.map(({ index, embedding }) => [index, embedding.length])).toEqual([[0, 384], [1, 384]]);
  for (const { embedding } of numbers.data) expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
});

test("errors come as the client's own classes, with code and parameter", async () => {
  await expect(clientOf({ apiKey: "wrong" }).models.list()).rejects.toThrow(AuthenticationError);
  await expect(clientOf({ defaultHeaders: { origin: "https://evil.example" } }).models.list()).rejects.toThrow(PermissionDeniedError);
  await expect(openai.models.retrieve("gpt-4o")).rejects.toThrow(NotFoundError);
  await expect(openai.responses.create({ model: MODEL, input: "Hello" })).rejects.toThrow(NotFoundError);

  const refusal = async (request: Promise<unknown>) => request.then(() => null, (error: unknown) => error);
  const unknown = await refusal(openai.chat.completions.create({ ...COLOURS, verbosity: "low" }));
  expect(unknown).toBeInstanceOf(BadRequestError);
  expect(unknown).toMatchObject({ code: "unsupported_parameter", param: "verbosity", type: "invalid_request_error" });

  const long = await refusal(openai.completions.create({ model: MODEL, prompt: "word ".repeat(1500) }));
  expect(long).toBeInstanceOf(BadRequestError);
  expect(long).toMatchObject({ code: "context_length_exceeded", param: "prompt", error: { n_prompt_tokens: expect.any(Number), n_ctx: 256 } });
});

test("a full queue is a rate limit with the place and the time; the client's own retries get through it", async () => {
  const gone = new AbortController();
  const running = Array.from({ length: 3 }, () => openai.completions.create(ENDLESS, { signal: gone.signal }).catch(() => undefined));
  await vi.waitFor(async () => expect((await call(server, "/health")).body).toMatchObject({ active: 2, waiting: 1 }), { timeout: 10_000, interval: 5 });
  const refused = await openai.chat.completions.create(COLOURS).then(() => null, (error: unknown) => error);
  gone.abort();
  await Promise.all(running);
  expect(refused).toBeInstanceOf(RateLimitError);
  expect(refused).toMatchObject({ code: "queue_full", error: { queue: { limit: 1, waiting: 1, position: 2 } }, message: expect.stringContaining("number 2") });
  expect(Number((refused as RateLimitError).headers.get("retry-after"))).toBeGreaterThan(0);

  const patient = clientOf({ maxRetries: 10 });
  const answers = await Promise.all(Array.from({ length: 6 }, () => patient.chat.completions.create({ ...COLOURS, max_tokens: 2 })));
  expect(answers.every(({ choices }) => choices[0]!.finish_reason === "length")).toBe(true);
});

test("a server that stops in the middle is an error to whoever reads the stream, never a short answer", async () => {
  const stopping = await startedServer({ parallel: 1, contextTokens: 8192 });
  const client = clientOf({ baseURL: `http://127.0.0.1:${stopping.port}/v1` });
  const reading = (async () => {
    for await (const chunk of await client.completions.create({ ...ENDLESS, max_tokens: 8000, stream: true })) if (chunk.choices[0]!.text !== "") void stopping.close();
  })();
  await expect(reading).rejects.toThrow(/stopping/);
});

test("a server that is still loading is an error that the client may try again", async () => {
  const loading = await startLlmServer({ config: await llmConfig() });
  const refused = await clientOf({ baseURL: `http://127.0.0.1:${loading.port}/v1` }).models.list().then(() => null, (error: unknown) => error);
  await loading.ready;
  await loading.close();
  expect(refused).toBeInstanceOf(InternalServerError);
  expect(refused).toMatchObject({ status: 503, code: "loading" });
});
