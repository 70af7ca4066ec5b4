import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { shapeOf } from "../../../remote/backup/collection.ts";
import { ContentHash } from "../../../remote/backup/content-hash.ts";
import { exportCollection } from "../../../remote/backup/export.ts";
import { importCollection } from "../../../remote/backup/import.ts";
import { pagesOf } from "../../../remote/backup/pages.ts";
import { rowsIn } from "../../../remote/backup/parquet-reader.ts";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";
import type { BackupProgress } from "../../../src/contract/backup.ts";
import { insertRows, makeCollection, rowOf, type TestRow } from "../../parts/course.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";

const NEVER = new AbortController().signal;
const DIMENSION = 8;

let milvus: RunningMilvus;
let connection: MilvusConnection;
let folder: string;
let collection: string;

beforeAll(async () => {
  milvus = await startMilvus();
  connection = new MilvusConnection(milvus, 30_000);
}, 240_000);
afterAll(async () => {
  await connection.close();
  await milvus.stop();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mentor-rows-"));
  collection = `c_${randomUUID().replaceAll("-", "")}`;
  await makeCollection(connection, collection, DIMENSION);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const rows = (count: number, seed = 1): TestRow[] => Array.from({ length: count }, (_, index) => rowOf(seed, index, DIMENSION));
const byKey = (a: TestRow, b: TestRow) => (a.id < b.id ? -1 : 1);

const exported = (options: Partial<Parameters<typeof exportCollection>[0]> = {}) =>
  exportCollection({ connection, collection, folder: join(folder, "export"), documents: [], signal: NEVER, onProgress: () => {}, rowsPerPage: 97, ...options });

/** Rows as they lie in the files, with their vectors as numbers again. */
async function rowsOf(manifest: Awaited<ReturnType<typeof exported>>): Promise<TestRow[]> {
  const found: TestRow[] = [];
  for (const { name } of manifest.parts) {
    for await (const batch of rowsIn(join(folder, "export", name), manifest.fields, NEVER)) {
      for (let row = 0; row < batch.rows; row++) {
        const values = Object.fromEntries(manifest.fields.map((field, index) => [field.name, batch.columns[index]![row]!]));
        const vector = Array.from(new Float32Array((values.vector as Uint8Array).slice().buffer));
        found.push({ ...values, vector, page: Number(values.page), passage: Number(values.passage), passages: Number(values.passages) } as unknown as TestRow);
      }
    }
  }
  return found;
}

test("every row comes into the files as it is, to the last bit of its vector", async () => {
  const given = rows(500);
  await insertRows(connection, collection, given);
  const progress: BackupProgress[] = [];
  const manifest = await exported({ partBytes: 20_000, onProgress: (one) => progress.push(one) });
  expect(manifest).toMatchObject({ collection, rows: 500, shadowed: 0, milvus: { kind: "lite" }, embedding: { name: "model-a", dimension: DIMENSION } });
  expect(manifest.parts.length).toBeGreaterThan(2);
  const kept = await rowsOf(manifest);
  expect(kept).toEqual([...given].sort(byKey));
  expect(Object.is(kept[0]!.vector[0], -0)).toBe(true);
  expect(progress.filter(({ phase }) => phase === "export").at(-1)).toMatchObject({ done: 500, total: 500, unit: "rows" });
  expect(progress.filter(({ phase }) => phase === "prove").at(-1)).toMatchObject({ done: 500 });
});

test("what was deleted stays away, and what was written twice comes once, as it was written last", async () => {
  const given = rows(300);
  await insertRows(connection, collection, given);
  await connection.call("delete", (client) => client.delete({ collection_name: collection, filter: `id in ["${given[0]!.id}", "${given[1]!.id}"]` }));
  const changed = { ...given[2]!, text: "written anew" };
  await insertRows(connection, collection, [changed], "upsert");
  const again = { ...given[3]!, text: "inserted again" };
  await insertRows(connection, collection, [again]);
  const manifest = await exported();
  expect(manifest.rows).toBe(298);
  expect(await rowsOf(manifest)).toEqual([changed, again, ...given.slice(4)].sort(byKey));
});

test("a restored collection has the same rows, schema and index, and says so only when it is so", async () => {
  await insertRows(connection, collection, rows(400));
  const manifest = await exported();
  const into = `${collection}_r`;
  await importCollection({ connection, folder: join(folder, "export"), into, signal: NEVER, onProgress: () => {}, log: () => {} });
  const shape = await shapeOf(connection, into);
  expect(shape.fields).toEqual(manifest.fields);
  expect(shape.indexes).toEqual(manifest.indexes);
  expect(shape.properties).toMatchObject({ "mentor.embedding.name": "model-a" });
  const hash = new ContentHash(shape.fields);
  for await (const page of pagesOf({ connection, name: into, fields: shape.fields }, NEVER, 61)) hash.add(page);
  expect(hash.digest()).toBe(manifest.contentSha256);
});

test("a row too many in what was restored is found out, and it is not let answer", async () => {
  await insertRows(connection, collection, rows(300));
  await exported();
  const into = `${collection}_r`;
  let added: Promise<void> | null = null;
  const importing = importCollection({
    connection,
    folder: join(folder, "export"),
    into,
    signal: NEVER,
    onProgress: ({ phase }) => {
      if (phase === "index") added ??= insertRows(connection, into, rows(1, 9));
    },
    log: () => {},
  });
  await expect(importing).rejects.toMatchObject({ code: "restore-failed", message: "The backup has 300 rows, but Milvus kept 301." });
  await added;
});

test("rows that come while it is read are found out, whichever page they belong to", async () => {
  await insertRows(connection, collection, rows(300));
  let added = false;
  const adding = exported({
    onProgress: ({ phase, done }) => {
      if (phase !== "export" || done < 200 || added) return;
      added = true;
      void insertRows(connection, collection, rows(20, 2));
    },
  });
  await expect(adding).rejects.toMatchObject({ code: "backup-changed" });
});

test("an altered byte in the rows is found before anything is made of them", async () => {
  await insertRows(connection, collection, rows(300));
  const manifest = await exported();
  const path = join(folder, "export", manifest.parts[0]!.name);
  const bytes = await readFile(path);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  await writeFile(path, bytes);
  await expect(importCollection({ connection, folder: join(folder, "export"), into: `${collection}_r`, signal: NEVER, onProgress: () => {}, log: () => {} })).rejects.toMatchObject({ code: "backup-damaged" });
});
