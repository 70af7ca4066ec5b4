import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { EmbeddedPassage } from "../../../remote/milvus/passage.ts";
import { PassageStore } from "../../../remote/milvus/store.ts";
import { probeMilvus } from "../../../remote/milvus/lite.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { noMilvusServer, startMilvusServer } from "../../parts/milvus-server.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";

const KINDS = {
  "Milvus Lite": { start: startMilvus, left: null },
  "the real server": { start: startMilvusServer, left: noMilvusServer },
} as const;

for (const [kind, { start, left }] of Object.entries(KINDS)) describe.skipIf(left !== null)(`on ${kind}${left === null ? "" : ` (${left})`}`, () => {
  let milvus: RunningMilvus & { token?: string };
  const open: PassageStore[] = [];

  beforeAll(async () => {
    milvus = await start();
  }, 300_000);

  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await milvus.stop();
  });


  function store(options: Partial<ConstructorParameters<typeof PassageStore>[0]> = {}): PassageStore {
    const made = new PassageStore({ address: milvus.address, token: milvus.token, collection: `c_${randomUUID().replaceAll("-", "")}`, embedding: EMBEDDING, ...options });
    open.push(made);
    return made;
  }


  test("an empty store answers with nothing", async () => {
    const empty = store();
    expect(await empty.healthy()).toBe(true);
    expect(await empty.search([1, 0], 3)).toEqual([]);
    expect(await empty.documents()).toEqual([]);
    expect(await empty.count()).toBe(0);
  });

  test("the nearest passages come best first, with page, section and text as they were given", async () => {
    const one = store();
    const given = passages("a.pdf", [[1, 0], [0.6, 0.8], [0, 1]]);
    expect(await one.replaceDocument("a.pdf", sha("a"), given)).toBe(3);
    const hits = await one.search([0, 2], 2);
    expect(hits.map(({ text, metadata }) => ({ text, metadata }))).toEqual([given[2]!, given[1]!].map(({ text, metadata }) => ({ text, metadata })));
    expect(hits.map(({ score }) => Number(score.toFixed(3)))).toEqual([1, 0.8]);
    expect((await one.search([1, 0], 1))[0]!.metadata).toEqual({ file: "a.pdf", section: null, page: null, passage: 0 });
  });

  test("a document that changed replaces what was kept of it, and no other", async () => {
    const one = store();
    await one.replaceDocument("a.md", sha("1"), passages("a.md", [[1, 0], [0, 1], [1, 1]], "old"));
    await one.replaceDocument("b.md", sha("b"), passages("b.md", [[1, 0]]));
    await one.replaceDocument("a.md", sha("2"), passages("a.md", [[1, 0]], "new"));
    expect(await one.count()).toBe(2);
    expect((await one.documents()).map(({ file, passages: count, sha256 }) => ({ file, count, sha256 }))).toEqual([
      { file: "a.md", count: 1, sha256: sha("2") },
      { file: "b.md", count: 1, sha256: sha("b") },
    ]);
    await one.deleteDocument("a.md");
    expect((await one.documents()).map(({ file }) => file)).toEqual(["b.md"]);
  });

  test("the same document twice is kept once", async () => {
    const one = store();
    for (let time = 0; time < 2; time++) await one.replaceDocument("a.md", sha("1"), passages("a.md", [[1, 0], [0, 1]]));
    expect(await one.count()).toBe(2);
  });

  test("any file name can be kept and deleted", async () => {
    const one = store();
    const names = ["-rf.md", 'quo"te\' and ) or 1 == 1.md', "new\nline.md", "Übung çä 漢字.md", "back\\slash\".md", "a b.md"];
    for (const name of names) await one.replaceDocument(name, sha(name), passages(name, [[1, 0]]));
    expect((await one.documents()).map(({ file }) => file)).toEqual([...names].sort());
    for (const name of names) await one.deleteDocument(name);
    expect(await one.count()).toBe(0);
  });

  test("many documents are listed to the last one, over several pages", async () => {
    const one = store();
    const count = 30;
    for (let index = 0; index < count; index++) await one.replaceDocument(`${index}.md`, sha(String(index)), passages(`${index}.md`, [[1, index], [index, 1]]));
    const paged = new PassageStore({ address: milvus.address, token: milvus.token, collection: collectionOf(one), embedding: EMBEDDING, rowsPerPage: 7 });
    open.push(paged);
    expect(await paged.documents()).toHaveLength(count);
  });

  test("a collection refuses another embedding model", async () => {
    const one = store();
    await one.replaceDocument("a.md", sha("1"), passages("a.md", [[1, 0]]));
    const other = store({ collection: collectionOf(one), embedding: { name: "model-b", sha256: "b".repeat(64) } });
    for (const refused of [other.search([1, 0], 1), other.documents(), other.replaceDocument("b.md", sha("2"), passages("b.md", [[1, 0]]))]) {
      await expect(refused).rejects.toMatchObject({ code: "course-other-model", message: expect.stringContaining("model-a") });
    }
    expect(await one.count()).toBe(1);
  });

  test("writers at the same time do not lose a row", async () => {
    const one = store();
    const files = Array.from({ length: 8 }, (_, index) => `${index}.md`);
    await Promise.all(files.map((file) => one.replaceDocument(file, sha(file), passages(file, [[1, 0], [0, 1]]))));
    expect(await one.count()).toBe(16);
  });

  test("vectors of another length are an error, not a loss", async () => {
    const one = store();
    await one.replaceDocument("a.md", sha("1"), passages("a.md", [[1, 0]]));
    await expect(one.replaceDocument("b.md", sha("2"), passages("b.md", [[1, 0, 0]]))).rejects.toMatchObject({ code: "search-failed" });
  });

  test("what was written outlives a kill, the model's identity too, and the open store goes on", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "mentor-milvus-kill-"));
    const first = await start({ dataDir });
    const one = store({ address: first.address });
    await one.replaceDocument("a.md", sha("1"), passages("a.md", [[1, 0], [0, 1]]));
    await first.kill();
    expect(await one.healthy()).toBe(false);
    await expect(one.search([1, 0], 1)).rejects.toMatchObject({ code: "search-failed" });
    const again = await start({ dataDir, port: first.port });
    onTestFinished(async () => {
      await again.stop();
      await rm(dataDir, { recursive: true });
    });
    await expect.poll(() => one.healthy(), { timeout: 20_000 }).toBe(true);
    expect(await one.count()).toBe(2);
    expect((await one.search([1, 0], 1))[0]!.text).toBe("text 0");
    const other = store({ address: again.address, collection: collectionOf(one), embedding: { name: "model-b", sha256: "b".repeat(64) } });
    await expect(other.count()).rejects.toMatchObject({ code: "course-other-model" });
  }, 90_000);

  test("a store that was made before Milvus was there works once it is", async () => {
    const port = await freePort(0);
    const early = store({ address: `127.0.0.1:${port}`, timeoutMs: 2000 });
    expect(await probeMilvus(port)).toBe(false);
    expect(await early.healthy()).toBe(false);
    const late = await start({ port });
    onTestFinished(() => late.stop());
    await expect.poll(() => early.healthy(), { timeout: 20_000 }).toBe(true);
    expect(await early.documents()).toEqual([]);
  }, 120_000);
});

const collectionOf = (one: PassageStore): string => one.collection;

const EMBEDDING = { name: "model-a", sha256: "a".repeat(64) };

function passages(file: string, vectors: number[][], text = "text"): EmbeddedPassage[] {
  return vectors.map((vector, passage) => ({ vector, text: `${text} ${passage}`, metadata: { file, section: passage === 0 ? null : `Section ${passage}`, page: passage === 0 ? null : passage, passage } }));
}

const sha = (text: string) => createHash("sha256").update(text).digest("hex");
