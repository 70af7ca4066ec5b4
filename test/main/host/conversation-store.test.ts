import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ConversationStore } from "../../../src/main/host/conversation-store.ts";

const conversation = (digit: number, updatedAt: string) => ({ id: `00000000-0000-4000-8000-00000000000${digit}`, title: `Question ${digit}`, updatedAt, exchanges: [{ question: "?", answer: "!" }] });

test("conversations are kept for this user alone, newest first, and can be deleted", async () => {
  const folder = await mkdtemp(join(tmpdir(), "conversations-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const store = new ConversationStore(folder);
  expect(await store.list()).toEqual([]);
  await store.save(conversation(1, "2026-11-24T08:00:00.000Z"));
  await store.save(conversation(2, "2026-11-24T09:00:00.000Z"));
  await store.save({ ...conversation(1, "2026-11-24T10:00:00.000Z"), title: "Changed" });
  expect((await new ConversationStore(folder).list()).map(({ title }) => title)).toEqual(["Changed", "Question 2"]);
  for (const name of await readdir(join(folder, "conversations"))) expect((await stat(join(folder, "conversations", name))).mode & 0o077).toBe(0);

  await writeFile(join(folder, "conversations", "damaged.json"), "{");
  await store.remove(conversation(1, "").id);
  expect((await store.list()).map(({ title }) => title)).toEqual(["Question 2"]);
});
