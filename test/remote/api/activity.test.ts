import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startApi } from "../../../remote/api/start.ts";
import type { ServiceOutput } from "../../../src/contract/agent.ts";

const KEY = "k".repeat(40);

test("a question tells the agent that somebody is there, at most every ten seconds; a look at the health does not", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mentor-activity-"));
  const said: ServiceOutput[] = [];
  let now = 1_000_000;
  const api = await startApi(
    { key: KEY, port: 0, llmUrl: "http://127.0.0.1:1", milvusAddress: "127.0.0.1:1", collection: "c", embedding: { name: "none", sha256: "a".repeat(64) }, dataDir: folder },
    (line) => said.push(line),
    () => now,
  );
  onTestFinished(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${api.port}${path}`, { ...init, headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" } });
  const told = () => said.filter((line) => "activity" in line).length;
  // Whether it can be answered is another matter.
  const question = () => ask("/api/chat", { method: "POST", body: JSON.stringify({ message: "" }) });
  await ask("/api/documents");
  expect(told()).toBe(0);
  await question();
  await question();
  expect(told()).toBe(1);
  now += 10_000;
  await question();
  expect(told()).toBe(2);
});
