import { expect, onTestFinished, test } from "vitest";
import { LlmClient, type LlmOptions } from "../../../remote/api/llm.ts";
import { startForeignEndpoint, type Behaviour } from "../../parts/foreign-endpoint.ts";

const KEY = "sk-stranger-0123456789";
const OLDER = { tokenLimit: "max_tokens", temperature: true } as const;
const NEWER = { tokenLimit: "max_completion_tokens", temperature: false } as const;

/** A client whose chat and embeddings are both foreign, and apart. */
async function foreign(changes: Partial<Behaviour> = {}, options: { dialect?: typeof OLDER | typeof NEWER; dimension?: number; key?: string } = {}) {
  const [chat, embedding] = [await startForeignEndpoint({ key: KEY }, changes), await startForeignEndpoint({ key: null }, changes)];
  onTestFinished(async () => void (await Promise.all([chat.close(), embedding.close()])));
  const servers: LlmOptions = {
    chat: { url: chat.url, key: options.key ?? KEY, foreign: true, model: "chatty", dialect: options.dialect ?? OLDER },
    embedding: { url: embedding.url, key: null, foreign: true, model: "vectors", dimension: options.dimension },
  };
  return { chat, embedding, llm: new LlmClient(servers) };
}

async function answerOf(llm: LlmClient): Promise<string> {
  let answer = "";
  for await (const piece of llm.chat([{ role: "user", content: "Is it so?" }], { maxTokens: 64, user: "a student", signal: AbortSignal.timeout(20_000) })) answer += piece;
  return answer;
}

test.each([
  ["an older endpoint", OLDER, { model: "chatty", max_tokens: 64, temperature: 0.2, stream: true }],
  ["a newer one", NEWER, { model: "chatty", max_completion_tokens: 64, stream: true }],
])("%s is sent OpenAI's own parameters and no other", async (_, dialect, parameters) => {
  const { llm, chat } = await foreign({ modern: dialect === NEWER }, { dialect });
  expect(await answerOf(llm)).toBe("Yes, so it is.");
  expect(chat.requests).toEqual([{ path: "/v1/chat/completions", body: { ...parameters, messages: [{ role: "user", content: "Is it so?" }] } }]);
});

test("texts are embedded together, and come back in their order whatever the order of the answer", async () => {
  const { llm, embedding, chat } = await foreign();
  const vectors = await llm.embed(["one", "two", "three"]);
  expect(vectors.map((vector) => vector.indexOf(1))).toEqual([0, 1, 2]);
  expect(embedding.requests).toEqual([{ path: "/v1/embeddings", body: { model: "vectors", input: ["one", "two", "three"], encoding_format: "float" } }]);
  expect(chat.requests).toEqual([]);
});

test("an endpoint that is busy for a moment is asked again", async () => {
  const { llm, chat, embedding } = await foreign();
  chat.behaviour.refusals = [{ status: 503, retryAfter: "1" }, { status: 429, retryAfter: new Date(Date.now() + 500).toUTCString() }];
  expect(await answerOf(llm)).toBe("Yes, so it is.");
  expect(chat.requests).toHaveLength(3);
  embedding.behaviour.refusals = [{ status: 429, retryAfter: "1" }];
  expect(await llm.embed(["one"])).toHaveLength(1);
  chat.behaviour.refusals = [{ status: 429, code: "insufficient_quota" }];
  await expect(answerOf(llm)).rejects.toMatchObject({ status: 429, code: "insufficient_quota" });
});

test("vectors of another length than the check saw stop the work instead of spoiling the course", async () => {
  const { llm, embedding } = await foreign({}, { dimension: 8 });
  expect(await llm.embed(["one"])).toHaveLength(1);
  embedding.behaviour.dimension = 12;
  await expect(llm.embed(["one"])).rejects.toThrow(/vectors of 12 numbers, where it made 8/);
});

test("a stream that breaks off is an error, and so is a redirect: questions go nowhere else", async () => {
  const { llm, chat } = await foreign({ streaming: "broken-off" });
  await expect(answerOf(llm)).rejects.toThrow(/broke off/);
  const elsewhere = await startForeignEndpoint({ key: null });
  onTestFinished(() => elsewhere.close());
  chat.behaviour.redirect = `${elsewhere.url}/chat/completions`;
  await expect(answerOf(llm)).rejects.toMatchObject({ status: 308, message: expect.stringContaining(elsewhere.url) });
  expect(elsewhere.requests).toEqual([]);
});

test("health is asked seldom, and a refused key is no health", async () => {
  const { llm, chat, embedding } = await foreign({ models: null });
  expect([await llm.healthy(), await llm.healthy(), await llm.healthy()]).toEqual([true, true, true]);
  expect([chat.requests.length, embedding.requests.length]).toEqual([1, 1]);
  expect(await (await foreign({}, { key: "sk-other-0000" })).llm.healthy()).toBe(false);
});

test("a key that the endpoint repeats stays out of the message", async () => {
  const { llm } = await foreign({}, { key: "sk-other-0000" });
  await expect(answerOf(llm)).rejects.toMatchObject({ status: 401, message: "Incorrect API key provided: (key)" });
});
