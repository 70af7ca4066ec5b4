import { expect, onTestFinished, test, vi } from "vitest";
import type { LlmServer } from "../../../remote/llm/server.ts";
import { embeddingModel } from "../../parts/models.ts";
import { call, KEY, startedServer } from "./support.ts";

/** Longer than any drain here: it has to be ended. */
const ENDLESS = { prompt: "count: 1 2 3 4 5 6 7 8 9", max_tokens: 8000, temperature: 0 };
const BRIEF = { prompt: "One, two, three,", max_tokens: 8, temperature: 0 };

function post(server: LlmServer, body: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/v1/completions`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body: JSON.stringify(body) });
}

const health = async (server: LlmServer) => (await call(server, "/health")).body;

test("a stop lets the running and the waiting finish, refuses who comes, and then lets nobody in", async () => {
  const server = await startedServer({ parallel: 1 });
  const running = post(server, { ...BRIEF, stream: true }).then((response) => response.text());
  const waiting = post(server, BRIEF).then((response) => response.json());
  await vi.waitFor(async () => expect((await health(server)).requests.accepted).toBe(2), { timeout: 10_000, interval: 5 });
  const closed = server.close(60_000);
  const [late, asked] = await Promise.all([post(server, BRIEF), call(server, "/health")]);
  expect(asked).toMatchObject({ status: 503, body: { status: "stopping", active: expect.any(Number), waiting: expect.any(Number) } });
  expect(late.status).toBe(503);
  expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await late.json()).toMatchObject({ error: { type: "server_error", code: "stopping" } });
  expect(await running).toMatch(/data: \[DONE\]\n\n$/);
  expect(await waiting).toMatchObject({ choices: [{ finish_reason: "length" }] });
  await closed;
  await expect(post(server, BRIEF)).rejects.toThrow(/fetch failed/);
});

test("what is not done when the drain is over ends with an error that says why", async () => {
  const server = await startedServer({ parallel: 1, contextTokens: 8192, embeddingModel: await embeddingModel() });
  onTestFinished(() => server.close());
  const streaming = await post(server, { ...ENDLESS, stream: true });
  const waiting = post(server, ENDLESS).then(async (response) => ({ status: response.status, body: await response.json() }));
  const embedding = call(server, "/v1/embeddings", { input: Array.from({ length: 2000 }, () => "one two three ".repeat(60)) });
  await vi.waitFor(async () => expect(await health(server)).toMatchObject({ active: 1, waiting: 1 }), { timeout: 10_000, interval: 5 });
  const text = streaming.text();
  await server.close(50);
  const events = (await text).trim().split("\n\n");
  expect(JSON.parse(events.at(-1)!.replace(/^data: /, ""))).toMatchObject({ error: { type: "server_error", code: "stopping", message: expect.stringContaining("stopping") } });
  expect(await waiting).toMatchObject({ status: 503, body: { error: { code: "stopping" } } });
  expect(await embedding).toMatchObject({ status: 503, body: { error: { code: "stopping" } } });
});
