import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MentorApi } from "../../../../src/adapters/mentor/api.ts";
import type { SelfCheckResult } from "../../../../src/contract/chat.ts";
import { SessionFacts } from "../../../../src/core/session/facts.ts";
import type { StepContext } from "../../../../src/core/session/step.ts";
import { selfCheck } from "../../../../src/main/host/steps/self-check.ts";

let result: SelfCheckResult;
const server = createServer((request, response) => response.end(request.url === "/api/self-check" ? JSON.stringify(result) : undefined));

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

async function check(): Promise<{ facts: SessionFacts; run: Promise<unknown> }> {
  const facts = new SessionFacts();
  await facts.hold("mentor", new MentorApi({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: "key" }));
  const context: Pick<StepContext, "facts" | "signal"> = { facts, signal: AbortSignal.timeout(10_000) };
  return { facts, run: selfCheck().run(context as StepContext) };
}

test("a session is ready when the test question was answered, and remembers how soon", async () => {
  result = { passed: true, firstTokenSeconds: 1.26, reason: null };
  const { facts, run } = await check();
  expect(await run).toEqual({ outcome: "first word after 1.3 s" });
  expect(facts.get("firstTokenSeconds")).toBe(1.26);
});

test("a session is not ready when it was not, and says what was expected", async () => {
  result = { passed: false, firstTokenSeconds: 0, reason: "“The fog bell” was expected, nothing was found." };
  const { facts, run } = await check();
  await expect(run).rejects.toMatchObject({ code: "self-check-failed", message: result.reason });
  expect(facts.get("firstTokenSeconds")).toBeUndefined();
});
