import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { LogStore } from "../../../remote/agent/log-store.ts";

async function store(maxFileBytes?: number) {
  const folder = await mkdtemp(join(tmpdir(), "logs-"));
  const logs = new LogStore(folder, maxFileBytes);
  onTestFinished(async () => {
    logs.close();
    await rm(folder, { recursive: true });
  });
  return { folder, logs };
}

test("each source has its own file, and a full one makes room for the next", async () => {
  const { folder, logs } = await store(1_000);
  for (let line = 0; line < 100; line++) logs.append("llm", "info", `line ${line}`);
  logs.append("api", "warn", "only one");
  expect((await readdir(folder)).sort()).toEqual(["api.log", "llm.log", "llm.log.1", "llm.log.2"]);
  for (const name of await readdir(folder)) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(1_000);
  expect(await readFile(join(folder, "llm.log"), "utf8")).toMatch(/info line 99\n$/);
});

test("a reader gets every line after the one it knows, and all of them after the agent was replaced", async () => {
  const { logs } = await store();
  for (let line = 1; line <= 5; line++) logs.append("llm", "info", `line ${line}`);
  expect(logs.after(3).map(({ text }) => text)).toEqual(["line 4", "line 5"]);
  expect(logs.after(4_000).length).toBe(5);
});

test("memory stays bounded: old lines go, sequence numbers go on", async () => {
  const { logs } = await store();
  for (let line = 1; line <= 6_000; line++) logs.append("llm", "info", "x".repeat(line === 6_000 ? 100_000 : 1));
  expect(logs.after(0, 1)[0]!.seq).toBe(1_001);
  expect(logs.after(5_999)[0]).toMatchObject({ seq: 6_000, text: "x".repeat(8_192) });
});
