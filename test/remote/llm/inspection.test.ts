import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { LlmServer } from "../../../remote/llm/server.ts";
import { call, KEY, startedServer } from "./support.ts";

let server: LlmServer;
beforeAll(async () => {
  server = await startedServer({ parallel: 2 });
}, 60_000);
afterAll(() => server.close());

/** Characters of one to four bytes, of which a vocabulary of this size splits most. */
const MANY_SCRIPTS = "Grüße, 你好, naïve ☕ 🧑‍🚀 = ∑ x²";

test("what is tokenised and put together again is the same text, in any script", async () => {
  const { body } = await call(server, "/tokenize", { content: MANY_SCRIPTS });
  expect(body.tokens.every(Number.isInteger)).toBe(true);
  expect((await call(server, "/detokenize", { tokens: body.tokens })).body).toEqual({ content: MANY_SCRIPTS });
  expect((await call(server, "/tokenize", { content: "" })).body).toEqual({ tokens: [] });
  expect((await call(server, "/detokenize", { tokens: [] })).body).toEqual({ content: "" });
});

test("pieces are text, or bytes inside a character, and make the whole text", async () => {
  const { body } = await call(server, "/tokenize", { content: MANY_SCRIPTS, with_pieces: true });
  const pieces: (string | number[])[] = body.tokens.map(({ piece }: { piece: string | number[] }) => piece);
  expect(pieces.some((piece) => typeof piece === "string")).toBe(true);
  expect(pieces.some((piece) => Array.isArray(piece))).toBe(true);
  expect(Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))).toString()).toBe(MANY_SCRIPTS);
  expect(body.tokens.map(({ id }: { id: number }) => id)).toEqual((await call(server, "/tokenize", { content: MANY_SCRIPTS })).body.tokens);
});

test("a special token is one where it is meant, and plain characters where it is not", async () => {
  const meant = await call(server, "/tokenize", { content: "<|im_end|>", with_pieces: true });
  expect(meant.body.tokens).toEqual([{ id: expect.any(Number), piece: "<|im_end|>" }]);
  const plain = await call(server, "/tokenize", { content: "<|im_end|>", parse_special: false });
  expect(plain.body.tokens.length).toBeGreaterThan(3);
  expect(plain.body.tokens).not.toContain(meant.body.tokens[0].id);
});

test.each([
  ["/tokenize", {}, "content"],
  ["/tokenize", { content: "x", with_peaces: true }, "with_peaces"],
  ["/detokenize", { tokens: ["x"] }, "tokens.0"],
  ["/detokenize", { tokens: [49_152] }, "tokens"],
  ["/apply-template", { messages: [] }, "messages"],
])("%s names what is wrong with %j", async (path, body, param) => {
  expect(await call(server, path, body)).toMatchObject({ status: 400, body: { error: { type: "invalid_request_error", param } } });
});

test("the template shows the prompt that a chat would be answered from", async () => {
  const messages = [{ role: "system", content: "Be kind." }, { role: "user", content: "Hello" }];
  const { body } = await call(server, "/apply-template", { messages });
  expect(body).toEqual({ prompt: "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n" });
  const { tokens } = (await call(server, "/tokenize", { content: body.prompt, add_special: true })).body;
  const chat = await call(server, "/v1/chat/completions", { messages, max_tokens: 1 });
  expect(chat.body.usage.prompt_tokens).toBe(tokens.length);
});

test("slots tell what runs, and keep the prompts to themselves", async () => {
  const idle = (await call(server, "/slots")).body;
  expect(idle).toMatchObject([{ id: 0, n_ctx: 256, is_processing: false }, { id: 1, is_processing: false }]);
  expect((await call(server, "/slots?fail_on_no_slot=1")).status).toBe(200);

  const gone = new AbortController();
  const running = [0, 1].map((number) =>
    fetch(`http://127.0.0.1:${server.port}/v1/completions`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body: JSON.stringify({ prompt: `secret ${number}: 1 2 3 4 5 6 7 8 9`, max_tokens: 240, temperature: 0 }), signal: gone.signal }).catch(() => undefined),
  );
  await vi.waitFor(async () => expect(await call(server, "/slots?fail_on_no_slot=1")).toMatchObject({ status: 503, body: { error: { code: "no_slot_available" } } }), { timeout: 10_000, interval: 5 });
  const busy = await vi.waitFor(async () => {
    const { body } = await call(server, "/slots");
    expect(body.every((slot: { next_token: { n_decoded: number } }) => slot.next_token.n_decoded > 0)).toBe(true);
    return body;
  }, { timeout: 10_000, interval: 5 });
  expect(busy[0]).toMatchObject({ is_processing: true, n_prompt_tokens_left: 0, next_token: { has_next_token: true } });
  expect(busy[0].n_prompt_tokens).toBeGreaterThan(5);
  expect(busy[0].next_token.n_decoded + busy[0].next_token.n_remain).toBeLessThanOrEqual(240);
  expect(JSON.stringify(busy)).not.toContain("secret");
  gone.abort();
  await Promise.all(running);
  await vi.waitFor(async () => expect((await call(server, "/slots")).body.every((slot: { is_processing: boolean }) => !slot.is_processing)).toBe(true), { timeout: 10_000 });
});

test("metrics are Prometheus' text, and count what happened", async () => {
  const before = await metrics();
  await call(server, "/v1/completions", { prompt: "One, two, three,", max_tokens: 3, temperature: 0 });
  await call(server, "/v1/completions", { prompt: "One, two, three,", max_tokens: 3, temperature: 0 });
  await call(server, "/nowhere/at/all");
  const after = await metrics();
  const grown = (name: string) => after.get(name)! - (before.get(name) ?? 0);
  expect(grown("ai_mentor_llm_generated_tokens_total")).toBe(6);
  expect(grown("ai_mentor_llm_prompt_tokens_cached_total")).toBeGreaterThan(0);
  expect(grown("ai_mentor_llm_requests_accepted_total")).toBe(2);
  expect(grown('ai_mentor_llm_requests_ended_total{outcome="answered"}')).toBe(2);
  expect(grown('ai_mentor_llm_http_answers_total{path="/v1/completions",status="200"}')).toBe(2);
  expect(grown('ai_mentor_llm_http_answers_total{path="other",status="404"}')).toBe(1);
  expect(grown("ai_mentor_llm_generation_seconds_total")).toBeGreaterThan(0);
  expect(after.get("ai_mentor_llm_slots")).toBe(2);
  expect(after.get("ai_mentor_llm_requests_running")).toBe(0);
});

test("a model is told by its name, and one that is not there is not found", async () => {
  const id = "SmolLM2-135M-Instruct.Q4_1";
  expect((await call(server, `/v1/models/${id}`)).body).toMatchObject({ id, object: "model", context_length: 256 });
  expect(await call(server, "/v1/models/gpt-4o")).toMatchObject({ status: 404, body: { error: { param: "model", code: "model_not_found", message: expect.stringContaining("gpt-4o") } } });
});

test("a client whose base URL lacks the version is answered the same", async () => {
  const messages = [{ role: "user", content: "Hello" }];
  const asked: [string, object?][] = [["/health"], ["/models"], ["/chat/completions", { messages, max_tokens: 1 }], ["/completions", { prompt: "Hello", max_tokens: 1 }]];
  for (const [path, body] of asked) {
    const [plain, versioned] = [await call(server, path, body), await call(server, `/v1${path}`, body)];
    expect(plain.status).toBe(200);
    expect(Object.keys(plain.body)).toEqual(Object.keys(versioned.body));
  }
});

test("nobody without the key sees any of it", async () => {
  for (const path of ["/slots", "/metrics", "/tokenize", "/detokenize", "/apply-template", "/models", "/v1/models/x"]) {
    expect((await fetch(`http://127.0.0.1:${server.port}${path}`)).status).toBe(401);
    expect((await call(server, path, undefined, { origin: "https://evil.example" })).status).toBe(403);
  }
});

/** By name and labels; fails where a line is not as Prometheus reads it. */
async function metrics(): Promise<Map<string, number>> {
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`, { headers: { authorization: `Bearer ${KEY}` } });
  expect(response.headers.get("content-type")).toContain("version=0.0.4");
  const text = await response.text();
  expect(text.endsWith("\n")).toBe(true);
  const values = new Map<string, number>();
  const lines = text.trimEnd().split("\n");
  for (const line of lines.filter((each) => each.startsWith("#"))) expect(line).toMatch(/^# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge))$/);
  for (const line of lines.filter((each) => !each.startsWith("#"))) {
    const [, name, value] = /^([a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})?) ([0-9.e+-]+)$/.exec(line)!;
    values.set(name!, Number(value));
  }
  return values;
}
