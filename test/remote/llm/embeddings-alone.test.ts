import { expect, onTestFinished, test } from "vitest";
import { embeddingModel } from "../../parts/models.ts";
import { call, startedServer } from "./support.ts";

test("without a chat model it makes embeddings, lists and reports the one model, and says what it cannot do", { timeout: 60_000 }, async () => {
  const server = await startedServer({ model: null, embeddingModel: await embeddingModel() });
  onTestFinished(() => server.close());
  expect((await call(server, "/v1/embeddings", { input: "hello" })).body.data[0].embedding).toHaveLength(384);
  expect((await call(server, "/v1/models")).body.data.map(({ id }: { id: string }) => id)).toEqual(["all-MiniLM-L6-v2.f16"]);
  expect(await call(server, "/health")).toMatchObject({ status: 200, body: { status: "ok", model: null, embeddingModel: "all-MiniLM-L6-v2.f16", waiting: 0 } });
  for (const [path, body] of [["/v1/chat/completions", { messages: [{ role: "user", content: "hi" }] }], ["/v1/completions", { prompt: "hi" }]] as const) {
    expect(await call(server, path, body)).toMatchObject({ status: 404, body: { error: { code: "model_not_found", message: expect.stringContaining("No chat model is loaded") } } });
  }
});
