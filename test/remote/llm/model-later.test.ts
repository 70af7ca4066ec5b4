import { copyFile, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { LlmServer } from "../../../remote/llm/server.ts";
import type { ServiceOutput } from "../../../src/contract/agent.ts";
import { chatModel, embeddingModel } from "../../parts/models.ts";
import { call, startedServer } from "./support.ts";

const QUESTION = { messages: [{ role: "user", content: "Say one word." }], max_tokens: 4 };

/** It has been loaded, or could not be. */
async function loaded(server: LlmServer): Promise<void> {
  await expect.poll(async () => (await call(server, "/health")).status, { timeout: 30_000 }).toBe(200);
}

async function placeOfModel(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "model-later-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "chat.gguf");
}

test("embeddings are made before the chat model is there and while it is loaded, and then it chats", { timeout: 60_000 }, async () => {
  const model = await placeOfModel();
  const said: ServiceOutput[] = [];
  const server = await startedServer({ model, modelLater: true, embeddingModel: await embeddingModel() }, { output: (line) => said.push(line) });
  onTestFinished(() => server.close());
  expect(await call(server, "/health")).toMatchObject({ status: 200, body: { status: "ok", model: null, embeddingModel: "all-MiniLM-L6-v2.f16" } });
  expect((await call(server, "/v1/models")).body.data).toHaveLength(1);
  const early = await call(server, "/v1/chat/completions", QUESTION);
  expect(early).toMatchObject({ status: 503, body: { error: { code: "loading", message: "The model is not there yet." } } });
  expect(Number(early.headers.get("retry-after"))).toBeGreaterThan(0);
  const vector = async () => (await call(server, "/v1/embeddings", { input: "hello" })).body.data[0].embedding as number[];
  const before = await vector();

  await copyFile(await chatModel(), `${model}.part`);
  await rename(`${model}.part`, model);
  expect(await call(server, "/models/load", {})).toMatchObject({ status: 200, body: { success: true } });
  expect(await call(server, "/health")).toMatchObject({ status: 503, body: { status: "loading" } });
  expect(await vector()).toEqual(before);
  await loaded(server);
  expect(await call(server, "/health")).toMatchObject({ status: 200, body: { status: "ok", model: "chat", contextTokens: 256 } });
  expect((await call(server, "/v1/chat/completions", QUESTION)).body.choices[0].message.content).not.toBe("");
  expect((await call(server, "/v1/models")).body.data).toHaveLength(2);
  expect(said.filter((line) => "progress" in line && line.progress.detail === "Loading chat.gguf")).not.toHaveLength(0);
  expect(await call(server, "/models/load", {})).toMatchObject({ status: 200 });
});

test("what came is no model: the server says so and goes on making embeddings, and takes what comes in its place", { timeout: 60_000 }, async () => {
  const model = await placeOfModel();
  const said: ServiceOutput[] = [];
  const server = await startedServer({ model, modelLater: true, embeddingModel: await embeddingModel() }, { output: (line) => said.push(line) });
  onTestFinished(() => server.close());
  const errors = () => said.flatMap((line) => ("error" in line ? [line.error.code] : []));
  await writeFile(model, "no model at all");
  await call(server, "/models/load", {});
  await loaded(server);
  expect(errors()).toEqual(["model-not-gguf"]);
  expect(await call(server, "/health")).toMatchObject({ status: 200, body: { model: null } });
  expect((await call(server, "/v1/embeddings", { input: "hello" })).status).toBe(200);

  await copyFile(await chatModel(), model);
  await call(server, "/models/load", {});
  await loaded(server);
  expect((await call(server, "/v1/chat/completions", QUESTION)).status).toBe(200);
  expect(errors()).toHaveLength(1);
});

test("a chat model for whose conversations there is no room: embeddings are made as before", { timeout: 60_000 }, async () => {
  const said: ServiceOutput[] = [];
  const server = await startedServer({ modelLater: true, contextTokens: 8192, parallel: 4096, embeddingModel: await embeddingModel() }, { output: (line) => said.push(line) });
  onTestFinished(() => server.close());
  await call(server, "/models/load", {});
  await loaded(server);
  expect(said).toContainEqual({ error: expect.objectContaining({ code: "memory-too-small" }) });
  expect((await call(server, "/v1/embeddings", { input: "hello" })).status).toBe(200);
});

test("a server whose model never comes stops like any other", { timeout: 60_000 }, async () => {
  const server = await startedServer({ model: await placeOfModel(), modelLater: true });
  await expect(server.close()).resolves.toBeUndefined();
});
