import { request } from "node:http";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { LlmServer } from "../../../remote/llm/server.ts";
import { call, KEY, startedServer, streamed } from "./support.ts";

const CHAT = "/v1/chat/completions";
const ask = (content: string, rest: object = {}) => ({ messages: [{ role: "user", content }], temperature: 0, max_tokens: 16, ...rest });

let server: LlmServer;
beforeAll(async () => {
  server = await startedServer({ parallel: 2 }, { queueLimit: 2 });
}, 60_000);
afterAll(() => server.close());

test("says what is loaded and where", async () => {
  const { status, body } = await call(server, "/health");
  expect(status).toBe(200);
  expect(body).toMatchObject({ status: "ok", model: "SmolLM2-135M-Instruct.Q4_1", gpu: "cpu", layers: 31, gpuLayers: 0, contextTokens: 256 });
  const models = await call(server, "/v1/models");
  expect(models.body.data).toMatchObject([{ id: "SmolLM2-135M-Instruct.Q4_1", object: "model", context_length: 256 }]);
});

test("answers a chat, whole and streamed, with the same text and counts", async () => {
  const whole = await call(server, CHAT, ask("Name three colours."));
  expect(whole.body).toMatchObject({ object: "chat.completion", choices: [{ message: { role: "assistant" }, finish_reason: "length" }], usage: { completion_tokens: 16 } });

  const events = await streamed(server, CHAT, ask("Name three colours.", { stream_options: { include_usage: true } }));
  expect(events.pop()).toBe("[DONE]");
  const chunks = events.map((event) => JSON.parse(event));
  expect(chunks[0].choices[0].delta).toEqual({ role: "assistant", content: "" });
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: whole.body.usage.prompt_tokens, completion_tokens: 16 } });
  expect(chunks.at(-2).choices[0].finish_reason).toBe("length");
  expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("")).toBe(whole.body.choices[0].message.content);
  expect(whole.body.choices[0].message.content).not.toBe("");
});

test("goes on from a text", async () => {
  const { body } = await call(server, "/v1/completions", { prompt: "One, two, three, four, five,", temperature: 0, max_tokens: 4 });
  expect(body.choices[0].text).toMatch(/^ six/);
});

test("ends before a stop string that spans several tokens, and lets nothing of it through", async () => {
  const text: string = (await call(server, "/v1/completions", { prompt: "One, two, three,", temperature: 0, max_tokens: 24 })).body.choices[0].text;
  const stop = text.slice(7, 15);
  const expected = text.slice(0, text.indexOf(stop));
  const whole = await call(server, "/v1/completions", { prompt: "One, two, three,", temperature: 0, max_tokens: 24, stop: ["never said", stop] });
  expect(whole.body.choices[0]).toMatchObject({ text: expected, finish_reason: "stop" });
  const events = await streamed(server, "/v1/completions", { prompt: "One, two, three,", temperature: 0, max_tokens: 24, stop });
  expect(events.slice(0, -1).map((event) => JSON.parse(event).choices[0].text).join("")).toBe(expected);
});

test("a conversation that goes on is not read again, and gets the same answer", async () => {
  const messages = [
    { role: "user", content: "Count to five in words." },
    { role: "assistant", content: "One, two, three, four, five." },
  ];
  const first = await call(server, CHAT, { messages: [...messages, { role: "user", content: "Count to five in words." }], temperature: 0, max_tokens: 8 });
  const again = await call(server, CHAT, { messages: [...messages, { role: "user", content: "Count to five in words." }], temperature: 0, max_tokens: 8 });
  expect(again.body.usage.prompt_tokens_details.cached_tokens).toBe(again.body.usage.prompt_tokens - 1);
  expect(again.body.choices[0].message).toEqual(first.body.choices[0].message);
});

test("an answer that would turn in circles does not when repeating is penalised", async () => {
  const prompt = "red blue red blue red blue red blue red blue red";
  const said = async (change: object) => (await call(server, "/v1/completions", { prompt, temperature: 0, max_tokens: 20, ...change })).body.choices[0].text;
  const loop = "blue ".repeat(20).trim();
  expect((await said({})).trim()).toBe(loop);
  for (const change of [{ repeat_penalty: 2 }, { frequency_penalty: 2 }, { presence_penalty: 2 }]) expect((await said(change)).trim()).not.toBe(loop);
  expect((await said({ repeat_penalty: 2, repeat_last_n: 0 })).trim()).toBe(loop);
});

test("the same seed gives the same answer", async () => {
  const drawn = async (seed: number) => (await call(server, CHAT, ask("Invent a word.", { temperature: 1.5, seed }))).body.choices[0].message.content;
  await drawn(7);
  const [one, two, other] = [await drawn(7), await drawn(7), await drawn(8)];
  expect(two).toBe(one);
  expect(other).not.toBe(one);
});

test("a prompt over the context is refused with both counts", async () => {
  const { status, body } = await call(server, CHAT, ask("word ".repeat(1500)));
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ type: "invalid_request_error", code: "context_length_exceeded" });
  expect(body.error.message).toMatch(/15\d\d tokens.*256/);
});

test("an answer ends where the context does", async () => {
  const { body } = await call(server, "/v1/completions", { prompt: "a b c d e f g h i j k ".repeat(22), temperature: 0, max_tokens: 500 });
  expect(body.choices[0].finish_reason).toBe("length");
  expect(body.usage.total_tokens).toBe(256);
});

test.each([
  ["an unknown parameter", { mirostat: 2 }, "mirostat", "unsupported_parameter"],
  ["too many answers", { n: 17 }, "n", "invalid_value"],
  ["a wrong temperature", { temperature: -1 }, "temperature", "invalid_value"],
  ["a repeat penalty of nothing", { repeat_penalty: 0 }, "repeat_penalty", "invalid_value"],
  ["too short a memory", { repeat_last_n: -2 }, "repeat_last_n", "invalid_value"],
  ["too high a frequency penalty", { frequency_penalty: 2.5 }, "frequency_penalty", "invalid_value"],
  ["too low a presence penalty", { presence_penalty: -2.5 }, "presence_penalty", "invalid_value"],
  ["no messages", { messages: [] }, "messages", "invalid_value"],
  ["a picture", { messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] }, "messages.0.content", "invalid_value"],
])("names the parameter when asked for %s", async (_, change, param, code) => {
  const { status, body } = await call(server, CHAT, ask("Hello", change));
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ param, code });
});

test("parameters that only say who asks are taken", async () => {
  const { status } = await call(server, CHAT, ask("Hello", { max_tokens: 1, user: "x", metadata: { a: 1 }, n: 1, model: "gpt-4o", presence_penalty: 0 }));
  expect(status).toBe(200);
});

test("says so when no embedding model is loaded, and when a path is wrong", async () => {
  expect((await call(server, "/v1/embeddings", { input: "x" })).body.error.code).toBe("model_not_found");
  expect((await call(server, "/v1/nothing")).status).toBe(404);
});

test("a full queue is said with 429 and when to try again; whoever was let in is answered", async () => {
  const answers = await Promise.all(Array.from({ length: 6 }, (_, index) => call(server, CHAT, ask(`Tell me about the number ${index}.`, { max_tokens: 12 }))));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused[0]!.body.error).toMatchObject({ type: "rate_limit_error", code: "queue_full" });
  expect(Number(refused[0]!.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(6 - refused.length);
  expect(6 - refused.length).toBeGreaterThanOrEqual(4);
});

test("a reader who goes away frees the conversation, streamed or not", async () => {
  for (const stream of [true, false]) {
    const gone = new AbortController();
    const lost = fetch(`http://127.0.0.1:${server.port}/v1/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}` },
      body: JSON.stringify({ prompt: "count: 1 2 3 4 5 6 7 8 9", max_tokens: 1000, temperature: 0, stream }),
      signal: gone.signal,
    }).then((response) => response.text());
    lost.catch(() => undefined);
    await vi.waitFor(async () => expect((await call(server, "/health")).body.active).toBe(1), { timeout: 10_000 });
    const before = (await call(server, "/health")).body.counters.generatedTokens;
    gone.abort();
    await expect(lost).rejects.toThrow(/abort/i);
    await vi.waitFor(async () => expect((await call(server, "/health")).body.active).toBe(0), { timeout: 10_000 });
    expect((await call(server, "/health")).body.counters.generatedTokens - before).toBeLessThan(200);
  }
});

test("keeps foreign pages and strangers out of every path", async () => {
  for (const path of ["/health", "/v1/models", CHAT]) {
    expect((await fetch(`http://127.0.0.1:${server.port}${path}`)).status).toBe(401);
    expect((await call(server, path, undefined, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await call(server, path, undefined, { origin: "https://evil.example" })).status).toBe(403);
    expect(await statusWithHost(path, "evil.example")).toBe(403);
  }
});

function statusWithHost(path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ port: server.port, host: "127.0.0.1", path, headers: { host, authorization: `Bearer ${KEY}` } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject).end();
  });
}
