import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { checkEndpoints } from "../../../remote/api/endpoint-check.ts";
import type { EndpointCheckRequest } from "../../../src/contract/endpoint.ts";
import type { ErrorCode } from "../../../src/contract/errors.ts";
import { selfSigned } from "../../parts/certificate.ts";
import { startForeignEndpoint, type Behaviour, type ForeignEndpoint } from "../../parts/foreign-endpoint.ts";
import { LLAMA_SERVER, startLlamaServer } from "../../parts/llama-server.ts";
import { chatModel, embeddingModel } from "../../parts/models.ts";
import { KEY as OWN_KEY, startedServer } from "../llm/support.ts";

const KEY = "sk-stranger-0123456789";

async function stranger(changes: Partial<Behaviour> = {}): Promise<ForeignEndpoint> {
  const endpoint = await startForeignEndpoint({ key: KEY }, changes);
  onTestFinished(() => endpoint.close());
  return endpoint;
}

const chatOf = ({ url }: { url: string }, model: string | null = "chatty", key: string | null = KEY) => checkEndpoints({ chat: { url, key, model }, embedding: null });
const embeddingOf = ({ url }: { url: string }, model: string | null = "vectors") => checkEndpoints({ chat: null, embedding: { url, key: KEY, model } });

test("a strict endpoint that has everything is found to have it, chat and embeddings each", async () => {
  const endpoint = await stranger();
  expect(await chatOf(endpoint)).toEqual({ chat: { model: "chatty", dialect: { tokenLimit: "max_tokens", temperature: true }, streamsUsage: true }, embedding: null });
  expect(await embeddingOf(endpoint)).toEqual({ chat: null, embedding: { model: "vectors", dimension: 8 } });
});

test("our own LLM server passes as a stranger, and so does its refusal of what it has not loaded", { timeout: 60_000 }, async () => {
  const both = await startedServer({ embeddingModel: await embeddingModel() });
  onTestFinished(() => both.close());
  const address = { url: `http://127.0.0.1:${both.port}/v1`, key: OWN_KEY };
  const request: EndpointCheckRequest = { chat: { ...address, model: "SmolLM2-135M-Instruct.Q4_1" }, embedding: { ...address, model: "all-MiniLM-L6-v2.f16" } };
  expect(await checkEndpoints(request)).toEqual({
    chat: { model: "SmolLM2-135M-Instruct.Q4_1", dialect: { tokenLimit: "max_tokens", temperature: true }, streamsUsage: true },
    embedding: { model: "all-MiniLM-L6-v2.f16", dimension: 384 },
  });
  await expect(checkEndpoints({ chat: { ...address, model: null }, embedding: null })).rejects.toMatchObject({ code: "endpoint-model-missing", details: { models: ["SmolLM2-135M-Instruct.Q4_1", "all-MiniLM-L6-v2.f16"] } });

  const chatAlone = await startedServer();
  onTestFinished(() => chatAlone.close());
  await expect(checkEndpoints({ chat: null, embedding: { ...address, url: `http://127.0.0.1:${chatAlone.port}/v1`, model: "SmolLM2-135M-Instruct.Q4_1" } })).rejects.toMatchObject({ code: "endpoint-no-embeddings", message: expect.stringContaining("No embedding model is loaded") });
});

test.runIf(LLAMA_SERVER !== undefined)("a real llama-server passes where it has what is asked for, and is refused by name where not", { timeout: 120_000 }, async () => {
  const [chat, vectors] = await Promise.all([startLlamaServer(await chatModel(), KEY, "--alias", "smol"), startLlamaServer(await embeddingModel(), KEY, "--alias", "minilm", "--embeddings")]);
  onTestFinished(async () => void (await Promise.all([chat.close(), vectors.close()])));
  expect(await checkEndpoints({ chat: { url: chat.url, key: KEY, model: null }, embedding: { url: vectors.url, key: KEY, model: "minilm" } })).toEqual({
    chat: { model: "smol", dialect: { tokenLimit: "max_tokens", temperature: true }, streamsUsage: true },
    embedding: { model: "minilm", dimension: 384 },
  });
  await expect(embeddingOf(chat, "smol")).rejects.toMatchObject({ code: "endpoint-no-embeddings" });
  await expect(chatOf(vectors, "minilm")).rejects.toMatchObject({ code: "endpoint-no-chat" });
  await expect(chatOf(chat, "other")).rejects.toMatchObject({ code: "endpoint-model-missing", details: { models: ["smol"] } });
  await expect(chatOf(chat, "smol", "sk-wrong-9876543210")).rejects.toMatchObject({ code: "endpoint-key-rejected" });
});

test("the only model needs no name", async () => {
  const endpoint = await stranger({ models: ["chatty"] });
  expect((await chatOf(endpoint, null)).chat?.model).toBe("chatty");
});

test("an endpoint that lists nothing is used by name", async () => {
  const endpoint = await stranger({ models: null });
  expect((await chatOf(endpoint)).chat?.model).toBe("chatty");
  await expect(chatOf(endpoint, null)).rejects.toMatchObject({ code: "endpoint-model-missing", advice: expect.stringContaining("--llm-model") });
  await expect(chatOf(endpoint, "other")).rejects.toMatchObject({ code: "endpoint-model-missing", message: expect.stringContaining("does not exist") });
});

test("what newer hosted models refuse is found out and left away", async () => {
  const endpoint = await stranger({ modern: true, usage: "unknown" });
  expect((await chatOf(endpoint)).chat).toEqual({ model: "chatty", dialect: { tokenLimit: "max_completion_tokens", temperature: false }, streamsUsage: false });
});

test("an endpoint that counts no tokens is good enough", async () => {
  expect((await chatOf(await stranger({ usage: "ignored" }))).chat?.streamsUsage).toBe(false);
});

test("a busy endpoint is waited for, as long as it asks", async () => {
  const endpoint = await stranger({ refusals: [{ status: 429, retryAfter: "1" }, { status: 503, retryAfter: new Date(Date.now() + 500).toUTCString() }] });
  expect((await chatOf(endpoint)).chat?.model).toBe("chatty");
  expect(endpoint.requests.filter(({ path }) => path === "/v1/models")).toHaveLength(3);
});

test.each<[lack: string, changes: Partial<Behaviour>, code: ErrorCode, words: RegExp]>([
  ["no such model", { models: ["big", "small"] }, "endpoint-model-missing", /no model called chatty.*It has: big, small/],
  ["no chat", { chatModel: null }, "endpoint-no-chat", /does not chat with chatty \(400: This is not a chat model/],
  ["streaming that is switched off", { streaming: "refused" }, "endpoint-no-streaming", /Streaming is switched off/],
  ["streaming that is ignored", { streaming: "ignored" }, "endpoint-no-streaming", /application\/json instead of a stream/],
  ["streams that break off", { streaming: "broken-off" }, "endpoint-no-streaming", /broke off/],
  ["used-up money", { refusals: [{ status: 429, code: "insufficient_quota" }] }, "endpoint-busy", /429/],
  ["patience beyond ours", { refusals: [{ status: 503, retryAfter: "3600" }] }, "endpoint-busy", /503/],
  ["a place of its own", { redirect: "https://elsewhere.example/v1/models" }, "endpoint-not-openai", /elsewhere\.example/],
])("%s is named", async (_, changes, code, words) => {
  await expect(chatOf(await stranger(changes))).rejects.toMatchObject({ code, message: expect.stringMatching(words) });
});

test("no embeddings is named, with the server's own words", async () => {
  await expect(embeddingOf(await stranger({ embeddingModel: null }))).rejects.toMatchObject({ code: "endpoint-no-embeddings", message: expect.stringContaining("does not support embeddings") });
});

test("a wrong key and a missing one are told apart, and the key itself is never repeated", async () => {
  const endpoint = await stranger();
  const wrong = await chatOf(endpoint, "chatty", "sk-wrong-9876543210").catch((error: unknown) => error);
  expect(wrong).toMatchObject({ code: "endpoint-key-rejected", message: expect.stringContaining("does not accept the key"), advice: expect.stringContaining("secret set llm") });
  expect((wrong as Error).message).not.toContain("sk-wrong");
  await expect(chatOf(endpoint, "chatty", null)).rejects.toMatchObject({ code: "endpoint-key-rejected", message: expect.stringContaining("asks for a key, and none is kept") });
  await expect(checkEndpoints({ chat: null, embedding: { url: endpoint.url, key: null, model: null } })).rejects.toMatchObject({ advice: expect.stringContaining("secret set embedding") });
});

test("nobody there, and somebody else there, are told apart", async () => {
  const endpoint = await startForeignEndpoint({ key: null });
  await endpoint.close();
  await expect(chatOf(endpoint)).rejects.toMatchObject({ code: "endpoint-unreachable", message: expect.stringMatching(/cannot be reached from the host: connect ECONNREFUSED/) });
  await expect(chatOf({ url: "http://no-such-name.invalid/v1" })).rejects.toMatchObject({ code: "endpoint-unreachable", message: expect.stringContaining("no-such-name.invalid") });

  const page = createServer((_, response) => response.end("<html>Welcome</html>")).listen(0, "127.0.0.1");
  onTestFinished(() => void page.close());
  await once(page, "listening");
  await expect(chatOf({ url: `http://127.0.0.1:${(page.address() as AddressInfo).port}/v1` })).rejects.toMatchObject({ code: "endpoint-not-openai" });
  const wrongPath = await stranger({ models: null });
  await expect(chatOf({ url: `${wrongPath.url}/v1` })).rejects.toMatchObject({ code: "endpoint-not-openai" });
});

const MAIN = fileURLToPath(new URL("../../../remote/api/main.ts", import.meta.url));

/** The check as the host runs it. */
async function program(request: unknown, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [MAIN, "--check"], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  child.stdin.end(JSON.stringify(request));
  const [output, [exit]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number]>]);
  return { exit, said: JSON.parse(output) as { result?: unknown; error?: { code: string; message: string } } };
}

test("a certificate that nobody vouches for is named before anything is sent; one that the host's system knows is trusted", async () => {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tls = selfSigned(folder);
  const endpoint = await startForeignEndpoint({ key: KEY, tls });
  onTestFinished(() => endpoint.close());
  const request: EndpointCheckRequest = { chat: { url: endpoint.url, key: KEY, model: "chatty" }, embedding: null };
  expect(await program(request)).toMatchObject({ exit: 1, said: { error: { code: "endpoint-untrusted", message: expect.stringMatching(/self-signed certificate/i) } } });
  expect(endpoint.requests).toEqual([]);
  expect(await program(request, { SSL_CERT_FILE: tls.file })).toMatchObject({ exit: 0, said: { result: { chat: { model: "chatty" } } } });
});

test("what is no request is one plain error", async () => {
  expect(await program({ chat: { url: 1 } })).toMatchObject({ exit: 1, said: { error: { code: "input-invalid" } } });
});
