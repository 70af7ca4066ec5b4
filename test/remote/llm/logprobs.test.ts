import { afterAll, beforeAll, expect, test } from "vitest";
import type { LlmServer } from "../../../remote/llm/server.ts";
import { call, startedServer, streamed } from "./support.ts";

const CHAT = "/v1/chat/completions";
const COMPLETE = "/v1/completions";
const COUNTING = { prompt: "One, two, three, four, five,", temperature: 0, max_tokens: 8 };
const ask = (content: string, rest: object = {}) => ({ messages: [{ role: "user", content }], temperature: 0, max_tokens: 8, ...rest });

interface Entry {
  token: string;
  logprob: number;
  bytes: number[];
  top_logprobs: Omit<Entry, "top_logprobs">[];
}

let server: LlmServer;
beforeAll(async () => {
  server = await startedServer({ parallel: 2 });
}, 60_000);
afterAll(() => server.close());

test("a chat's tokens come with their probabilities and what else was likely, and make its text", async () => {
  const { body } = await call(server, CHAT, ask("Say something with ☕ and 你好.", { logprobs: true, top_logprobs: 5, max_tokens: 24 }));
  const [{ message, logprobs }] = body.choices;
  const content: Entry[] = logprobs.content;
  expect(content).toHaveLength(body.usage.completion_tokens);
  expect(Buffer.from(content.flatMap(({ bytes }) => bytes)).toString().trimStart()).toBe(message.content.trimStart());
  for (const { logprob, top_logprobs: top } of content) {
    expect(top).toHaveLength(5);
    expect(top[0]!.logprob).toBe(logprob);
    expect(top.map((entry) => entry.logprob)).toEqual(top.map((entry) => entry.logprob).sort((a, b) => b - a));
    expect(top.reduce((sum, entry) => sum + Math.exp(entry.logprob), 0)).toBeLessThanOrEqual(1 + 1e-5);
  }
});

test("asking for them changes no likeliest answer", async () => {
  for (const rest of [{}, { presence_penalty: 1, frequency_penalty: 0.5 }]) {
    const plain = await call(server, COMPLETE, { ...COUNTING, max_tokens: 24, ...rest });
    const scored = await call(server, COMPLETE, { ...COUNTING, max_tokens: 24, ...rest, logprobs: 0 });
    expect(scored.body.choices[0].text).toBe(plain.body.choices[0].text);
    expect(plain.body.choices[0].logprobs).toBeNull();
  }
});

test("they are the model's own, whatever is drawn from", async () => {
  const first = async (rest: object) => (await call(server, CHAT, ask("Name a colour.", { max_tokens: 1, logprobs: true, top_logprobs: 20, ...rest }))).body.choices[0].logprobs.content[0] as Entry;
  const greedy = await first({});
  const hot = await first({ temperature: 2, top_k: 3, top_p: 0.5, seed: 3 });
  expect(hot.top_logprobs.map(({ token }) => token)).toEqual(greedy.top_logprobs.map(({ token }) => token));
  for (const [index, { logprob }] of hot.top_logprobs.entries()) expect(logprob).toBeCloseTo(greedy.top_logprobs[index]!.logprob, 3);
});

test("the same seed gives the same answer, another one another", async () => {
  const drawn = async (seed: number) => (await call(server, CHAT, ask("Invent a word.", { temperature: 1.5, seed, logprobs: true }))).body.choices[0].message.content;
  await drawn(7);
  const [one, two, other] = [await drawn(7), await drawn(7), await drawn(8)];
  expect(two).toBe(one);
  expect(other).not.toBe(one);
});

test("a completion has them in its own shape, with where each token begins", async () => {
  const { body } = await call(server, COMPLETE, { ...COUNTING, logprobs: 3 });
  const [{ text, logprobs }] = body.choices;
  expect(logprobs.tokens.join("")).toBe(text);
  expect(logprobs.tokens.map((token: string, index: number) => text.slice(logprobs.text_offset[index]).startsWith(token))).toEqual(logprobs.tokens.map(() => true));
  expect(logprobs.token_logprobs.every((logprob: number) => logprob <= 0)).toBe(true);
  expect(logprobs.top_logprobs.map((top: object) => Object.keys(top).length)).toEqual(logprobs.tokens.map(() => 3));
});

test("streamed, each piece has those of its own tokens", async () => {
  const whole = await call(server, COMPLETE, { ...COUNTING, logprobs: 1 });
  const chunks = (await streamed(server, COMPLETE, { ...COUNTING, logprobs: 1 })).slice(0, -1).map((event) => JSON.parse(event).choices[0]);
  for (const { text, logprobs } of chunks.filter((chunk) => chunk.logprobs !== null)) expect(logprobs.tokens.join("")).toBe(text);
  expect(chunks.flatMap(({ logprobs }) => logprobs?.tokens ?? [])).toEqual(whole.body.choices[0].logprobs.tokens);
  expect(chunks.flatMap(({ logprobs }) => logprobs?.text_offset ?? [])).toEqual(whole.body.choices[0].logprobs.text_offset);
});

test("tokens of a stop string are told as little as its text", async () => {
  const whole = (await call(server, COMPLETE, { ...COUNTING, logprobs: 0 })).body.choices[0];
  const stop = whole.text.slice(3, 9);
  const { text, logprobs } = (await call(server, COMPLETE, { ...COUNTING, logprobs: 0, stop })).body.choices[0];
  expect(text).toBe(whole.text.slice(0, 3));
  expect(text.startsWith(logprobs.tokens.join(""))).toBe(true);
  expect(logprobs.tokens.length).toBeLessThan(whole.logprobs.tokens.length);
});

test("a bias forces a token or forbids one, scored or not", async () => {
  const [six] = (await call(server, "/tokenize", { content: " six" })).body.tokens;
  const [pear] = (await call(server, "/tokenize", { content: " pear" })).body.tokens;
  for (const rest of [{}, { logprobs: 0 }]) {
    const said = async (logit_bias: object) => (await call(server, COMPLETE, { ...COUNTING, max_tokens: 1, logit_bias, ...rest })).body.choices[0].text;
    expect(await said({})).toBe(" six");
    expect(await said({ [six]: -100 })).not.toBe(" six");
    expect(await said({ [pear]: 100 })).toBe(" pear");
  }
});

test("several answers to one prompt are told apart, and the prompt counts once", async () => {
  const body = ask("Invent a word.", { n: 3, temperature: 1.5, seed: 5 });
  const whole = (await call(server, CHAT, body)).body;
  expect(whole.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
  const texts: string[] = whole.choices.map(({ message }: { message: { content: string } }) => message.content);
  expect(new Set(texts).size).toBe(3);
  const alone = (await call(server, CHAT, { ...body, n: 1 })).body;
  expect(whole.usage.prompt_tokens).toBe(alone.usage.prompt_tokens);
  expect(whole.usage.completion_tokens).toBeGreaterThan(alone.usage.completion_tokens);

  const events = await streamed(server, CHAT, { ...body, stream_options: { include_usage: true } });
  expect(events.pop()).toBe("[DONE]");
  const chunks = events.map((event) => JSON.parse(event));
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: whole.usage.prompt_tokens } });
  for (const index of [0, 1, 2]) {
    const own = chunks.flatMap(({ choices }) => choices).filter((choice) => choice.index === index);
    expect(own[0].delta).toEqual({ role: "assistant", content: "" });
    expect(own.at(-1).finish_reason).toMatch(/stop|length/);
  }
});

test("an echo begins with the prompt", async () => {
  const { text } = (await call(server, COMPLETE, COUNTING)).body.choices[0];
  expect((await call(server, COMPLETE, { ...COUNTING, echo: true })).body.choices[0].text).toBe(COUNTING.prompt + text);
  const events = (await streamed(server, COMPLETE, { ...COUNTING, echo: true })).slice(0, -1);
  expect(events.map((event) => JSON.parse(event).choices[0].text).join("")).toBe(COUNTING.prompt + text);
});

test.each([
  [CHAT, { top_logprobs: 3 }, "top_logprobs"],
  [CHAT, { logprobs: true, top_logprobs: 21 }, "top_logprobs"],
  [CHAT, { logprobs: true, repeat_penalty: 1.1 }, "repeat_penalty"],
  [CHAT, { logit_bias: { hello: 1 } }, "logit_bias.hello"],
  [CHAT, { logit_bias: { 1: 101 } }, "logit_bias.1"],
  [CHAT, { logit_bias: { 49_152: 1 } }, "logit_bias"],
  [CHAT, { logit_bias: { 2: 5 } }, "logit_bias"],
  [CHAT, { n: 0 }, "n"],
  [COMPLETE, { logprobs: 21 }, "logprobs"],
  [COMPLETE, { echo: true, logprobs: 1 }, "echo"],
  [COMPLETE, { suffix: "the end" }, "suffix"],
  [COMPLETE, { best_of: 2 }, "best_of"],
])("%s refuses %j by name", async (path, change, param) => {
  const { status, body } = await call(server, path, path === CHAT ? ask("Hello", change) : { ...COUNTING, ...change });
  expect(status).toBe(400);
  expect(body.error.param).toBe(param);
});
