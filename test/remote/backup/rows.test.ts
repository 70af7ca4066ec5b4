import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shapeOf } from "../../../remote/backup/collection.ts";
import { ContentHash } from "../../../remote/backup/content-hash.ts";
import { exportCollection } from "../../../remote/backup/export.ts";
import { importCollection } from "../../../remote/backup/import.ts";
import { noteInserted } from "../../../remote/backup/inserted.ts";
import { pagesOf } from "../../../remote/backup/pages.ts";
import { rowsIn } from "../../../remote/backup/parquet-reader.ts";
import type { ProgramRequest } from "../../../remote/backup/request.ts";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";
import type { BackupProgress } from "../../../src/contract/backup.ts";
import { insertRows, makeCollection, rowOf, type TestRow } from "../../parts/course.ts";
import type { RunningMilvus } from "../../parts/milvus.ts";
import { milvusForFile } from "../../parts/milvus-for-file.ts";

const NEVER = new AbortController().signal;
const DIMENSION = 8;

let milvus: RunningMilvus;
let connection: MilvusConnection;
let folder: string;
let collection: string;

milvusForFile((started, to) => {
  milvus = started;
  connection = to;
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

/** A restore of rows that go in by several calls, cut after the second; what it had said by then, and what the next one says. */
async function cutAndAgain(between: (into: string) => Promise<unknown>) {
  const given = Array.from({ length: 900 }, (_, index) => rowOf(6, index, DIMENSION, 800));
  await insertRows(connection, collection, given);
  const manifest = await exported();
  const into = `${collection}_r`;
  const said: string[] = [];
  const inserts: number[] = [];
  const options = { connection, folder: join(folder, "export"), into, log: (line: string) => said.push(line) };
  const stop = new AbortController();
  const onProgress = ({ phase, done }: BackupProgress) => {
    if (phase === "insert") inserts.push(done);
    if (inserts.length === 2) stop.abort(new Error("cut"));
  };
  await expect(importCollection({ ...options, signal: stop.signal, onProgress })).rejects.toThrow("cut");
  expect(said).toEqual([]);
  const taken = inserts.at(-1)!;
  await between(into);
  inserts.length = 0;
  await importCollection({ ...options, signal: NEVER, onProgress: ({ phase, done }) => void (phase === "insert" && inserts.push(done)) });
  const { fields } = await shapeOf(connection, into);
  const hash = new ContentHash(fields);
  for await (const page of pagesOf({ connection, name: into, fields }, NEVER)) hash.add(page);
  expect(hash.digest()).toBe(manifest.contentSha256);
  return { said, inserts, taken };
}

test("a restore that was cut goes on with the rows that Milvus has, and is compared whole", async () => {
  const { said, inserts, taken } = await cutAndAgain(async () => {});
  expect(said).toEqual([expect.stringContaining(`goes on after ${taken} of 900 rows`)]);
  expect(inserts[0]).toBeGreaterThan(taken);
  expect(inserts.at(-1)).toBe(900);
});

test("a restore that was cut while it was made searchable goes on there, with no row put in again", async () => {
  await insertRows(connection, collection, rows(300));
  const { contentSha256 } = await exported();
  const into = `${collection}_r`;
  const phases: string[] = [];
  const importing = (signal: AbortSignal, onProgress: (progress: BackupProgress) => void) => importCollection({ connection, folder: join(folder, "export"), into, signal, onProgress, log: () => {} });
  const stop = new AbortController();
  await expect(importing(stop.signal, ({ phase }) => phase === "prove" && stop.abort(new Error("cut")))).rejects.toThrow("cut");
  await importing(NEVER, ({ phase }) => phases.push(phase));
  expect(new Set(phases)).toEqual(new Set(["index", "prove"]));
  const { fields } = await shapeOf(connection, into);
  const hash = new ContentHash(fields);
  for await (const page of pagesOf({ connection, name: into, fields }, NEVER)) hash.add(page);
  expect(hash.digest()).toBe(contentSha256);
});

test("vectors that were made anew before a cut are not made twice, and those that went bad are made again", async () => {
  await insertRows(connection, collection, rows(200));
  await exported();
  const into = `${collection}_r`;
  const asked: string[] = [];
  const vectorOf = (row: Record<string, unknown>) => Array.from({ length: 6 }, (_, index) => Math.fround(Buffer.from(row.id as string, "hex").readInt8(index) / 128));
  const stop = new AbortController();
  const importing = (signal: AbortSignal) =>
    importCollection({
      connection,
      folder: join(folder, "export"),
      into,
      anew: {
        embedding: { name: "model-b", sha256: "b".repeat(64) },
        vectors: async (some) => {
          asked.push(...some.map(({ id }) => id as string));
          if (asked.length > 100) stop.abort(new Error("cut"));
          return some.map(vectorOf);
        },
      },
      signal,
      onProgress: () => {},
      log: () => {},
    });
  await expect(importing(stop.signal)).rejects.toThrow("cut");
  const before = asked.length;
  const path = join(folder, "export", `remade-${"b".repeat(16)}.vectors`);
  const kept = await readFile(path);
  kept[kept.length - 100]! ^= 1;
  await writeFile(path, kept);
  await importing(NEVER);
  // The first row shows how long the vectors are; of what was kept, the last chunk had gone bad.
  expect(asked.slice(before)).toHaveLength(1 + 200 - (before - 1) + 16);
  const { fields } = await shapeOf(connection, into);
  for await (const page of pagesOf({ connection, name: into, fields }, NEVER)) {
    const [ids, vectors] = ["id", "vector"].map((name) => page.columns[fields.findIndex((field) => field.name === name)]!);
    expect(vectors!.map((bytes) => Array.from(new Float32Array((bytes as Uint8Array).slice().buffer)))).toEqual(ids!.map((id) => vectorOf({ id })));
  }
});

test.each([
  ["lost rows meanwhile", (into: string) => connection.call("delete", (client) => client.delete({ collection_name: into, filter: "passage == 3" }))],
  ["got rows of another course", (into: string) => insertRows(connection, into, rows(3, 9))],
  ["has other rows than were noted", (into: string) => noteInserted(join(folder, "export"), into, 899)],
])("a cut restore whose collection %s is made anew, and loses no row", async (_, between) => {
  const { said, inserts } = await cutAndAgain(between);
  expect(said.at(-1)).toMatch(/It is made anew\.$/);
  expect(inserts.at(-1)).toBe(900);
});

test.each([
  ["cut", "backup-damaged", (json: string) => json.slice(0, 200)],
  ["empty", "backup-damaged", () => "null"],
  ["of something else", "backup-damaged", () => '{"name": "photos"}'],
  ["of a newer version", "backup-newer", (json: string) => json.replace('"version":1', '"version":2')],
  ["without its parts", "backup-damaged", (json: string) => JSON.stringify({ ...(JSON.parse(json) as object), parts: [] })],
] as const)("a manifest that is %s is refused on the host too", async (_, code, spoil) => {
  await insertRows(connection, collection, rows(50));
  await exported();
  const path = join(folder, "export", "manifest.json");
  await writeFile(path, spoil(await readFile(path, "utf8")));
  await expect(importCollection({ connection, folder: join(folder, "export"), into: `${collection}_r`, signal: NEVER, onProgress: () => {}, log: () => {} })).rejects.toMatchObject({ code });
});

/** Only there can a small disk be mounted without being root. */
const namespaces = spawnSync("unshare", ["-rm", "true"]).status === 0;

test.skipIf(!namespaces)("a host whose disk is full while rows are written says so, and the course answers on", async () => {
  await insertRows(connection, collection, rows(1500));
  const disk = join(folder, "disk");
  await mkdir(disk);
  const request: ProgramRequest = { action: "export", milvus: { address: milvus.address }, course: collection, folder: join(disk, "export"), documents: [] };
  const program = spawn("unshare", ["-rm", "sh", "-c", 'mount -t tmpfs -o size=64k disk "$2" && exec "$0" "$1"', process.execPath, join(import.meta.dirname, "../../../remote/backup/main.ts"), disk], { stdio: ["pipe", "pipe", "inherit"] });
  program.stdin.write(`${JSON.stringify(request)}\n`);
  const last = (await text(program.stdout)).trim().split("\n").at(-1)!;
  expect(JSON.parse(last)).toMatchObject({ error: { code: "disk-full", message: expect.stringContaining("The host's disk is full"), kept: expect.stringContaining("The course on the host is kept") } });
  expect(await exported()).toMatchObject({ rows: 1500 });
});
