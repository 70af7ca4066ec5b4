import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { Ingest, type CourseFile } from "../../../remote/api/ingest.ts";
import { LlmClient } from "../../../remote/api/llm.ts";
import { PassageStore } from "../../../remote/milvus/store.ts";
import type { IngestEvent } from "../../../src/contract/chat.ts";
import { startLlmStandIn } from "../../parts/llm-stand-in.ts";
import { startMilvus } from "../../parts/milvus.ts";

const KEY = "k".repeat(40);
const file = (name: string): CourseFile => ({ file: name, sha256: name.padEnd(64, "0"), read: async () => Buffer.from(`The page ${name} speaks about volcanoes.`) });

test("the next document is embedded while one is stored; one that cannot be stored ends it, and nothing is written afterwards", { timeout: 240_000 }, async () => {
  const [milvus, llm] = [await startMilvus(), await startLlmStandIn(KEY)];
  const store = new PassageStore({ ...milvus, collection: `c_${randomUUID().replaceAll("-", "")}`, embedding: { name: "stand-in", sha256: "a".repeat(64) } });
  onTestFinished(async () => {
    await store.close();
    await llm.close();
    await milvus.stop();
  });
  const own = { url: llm.url, key: KEY, foreign: false as const };
  const ingest = new Ingest(store, new LlmClient({ chat: own, embedding: { ...own, model: "stand-in" } }));

  // Storing waits for the last document to be embedded: were it waited for, that would never be.
  const replace = store.replaceDocument.bind(store);
  const { promise: allEmbedded, resolve } = Promise.withResolvers<void>();
  store.replaceDocument = async (...given) => (await allEmbedded, replace(...given));
  const done: string[] = [];
  let last: IngestEvent | undefined;
  for await (const event of ingest.run([file("a.txt"), file("b.txt"), file("c.txt")], false, AbortSignal.timeout(60_000))) {
    if (event.type === "embedded" && event.file === "c.txt") resolve();
    if (event.type === "file-done") done.push(event.file);
    last = event;
  }
  expect(last).toMatchObject({ type: "complete", documents: 3, passages: 3, failed: [] });
  expect(done).toEqual(["a.txt", "b.txt", "c.txt"]);

  store.replaceDocument = (name, ...given) => (name === "d.txt" ? Promise.reject(new Error("The disk is full.")) : replace(name, ...given));
  await expect(async () => {
    for await (const _ of ingest.run([file("d.txt"), file("e.txt")], false, AbortSignal.timeout(60_000)));
  }).rejects.toMatchObject({ code: "ingest-failed" });
  const after = (await store.documents()).map((document) => document.file);
  await sleep(300);
  expect((await store.documents()).map((document) => document.file)).toEqual(after);
});
