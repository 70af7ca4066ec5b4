import { expect, onTestFinished, test, vi } from "vitest";
import { call, KEY, startedServer, type Answer } from "./support.ts";

test("who asks much waits for himself: clients take turns, and a newcomer finds a place", async () => {
  const server = await startedServer({ parallel: 1 }, { queueLimit: 4 });
  onTestFinished(() => server.close());
  const gone = new AbortController();
  const first = fetch(`http://127.0.0.1:${server.port}/v1/completions`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body: JSON.stringify({ prompt: "count: 1 2 3 4 5", max_tokens: 200, temperature: 0, logit_bias: {} }), signal: gone.signal }).catch(() => undefined);
  const waiting = async (active: number, count: number) => vi.waitFor(async () => expect((await call(server, "/health")).body).toMatchObject({ active, waiting: count }), { timeout: 10_000, interval: 2 });
  await waiting(1, 0);

  const order: string[] = [];
  const answers: Promise<unknown>[] = [];
  const ask = (name: string, who: object): Promise<Answer> => call(server, "/v1/completions", { prompt: `${name}: one, two,`, max_tokens: 1, temperature: 0, ...who });
  const queued = async (name: string, who: object, count: number) => {
    answers.push(ask(name, who).then(() => order.push(name)));
    await waiting(1, count);
  };
  await queued("a1", { user: "a" }, 1);
  await queued("a2", { user: "a" }, 2);
  await queued("a3", { user: "a" }, 3);
  const refused = await ask("a4", { user: "a" });
  expect(refused).toMatchObject({ status: 429, body: { error: { code: "queue_full", queue: { limit: 4, waiting: 3, position: 4 } } } });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  await queued("b1", { safety_identifier: "b" }, 4);
  expect((await ask("c1", {})).status).toBe(429);

  gone.abort();
  await Promise.all([first, ...answers]);
  expect(order).toEqual(["a1", "b1", "a2", "a3"]);
});
