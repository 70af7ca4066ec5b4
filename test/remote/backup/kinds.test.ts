import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { shapeOf } from "../../../remote/backup/collection.ts";
import { ContentHash } from "../../../remote/backup/content-hash.ts";
import { exportCollection } from "../../../remote/backup/export.ts";
import { importCollection } from "../../../remote/backup/import.ts";
import { noteInserted } from "../../../remote/backup/inserted.ts";
import { pagesOf } from "../../../remote/backup/pages.ts";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";
import { CourseCollections } from "../../../remote/milvus/course-collections.ts";
import type { BackupProgress } from "../../../src/contract/backup.ts";
import { insertRows, makeCollection, rowOf } from "../../parts/course.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";
import { noMilvusServer, startMilvusServer, type RunningMilvusServer } from "../../parts/milvus-server.ts";

const NEVER = new AbortController().signal;
const DIMENSION = 16;

/** The two kinds of Milvus, and from each to the other. */
describe.skipIf(noMilvusServer !== null)("a real server beside Milvus Lite", () => {
  let server: RunningMilvusServer;
  let lite: RunningMilvus;
  let onServer: MilvusConnection;
  let onLite: MilvusConnection;
  let folder: string;

  beforeAll(async () => {
    [server, lite] = await Promise.all([startMilvusServer(), startMilvus()]);
    [onServer, onLite] = [new MilvusConnection(server, 60_000), new MilvusConnection(lite, 60_000)];
    folder = await mkdtemp(join(tmpdir(), "mentor-kinds-"));
  }, 300_000);
  afterAll(async () => {
    await Promise.all([onServer.close(), onLite.close()]);
    await Promise.all([server.stop(), lite.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const exported = (connection: MilvusConnection, collection: string) =>
    exportCollection({ connection, collection, folder: join(folder, collection), documents: [], signal: NEVER, onProgress: () => {}, rowsPerPage: 150 });
  const imported = (connection: MilvusConnection, from: string, into: string) => importCollection({ connection, folder: join(folder, from), into, signal: NEVER, onProgress: () => {}, log: () => {} });
  const hashOf = async (connection: MilvusConnection, name: string) => {
    const { fields } = await shapeOf(connection, name);
    const hash = new ContentHash(fields);
    for await (const page of pagesOf({ connection, name, fields }, NEVER)) hash.add(page);
    return hash.digest();
  };

  test("the same rows come back, bit for bit, over Lite, the server, and Lite again", { timeout: 240_000 }, async () => {
    const rows = Array.from({ length: 700 }, (_, index) => rowOf(3, index, DIMENSION));
    await makeCollection(onLite, "first", DIMENSION);
    await insertRows(onLite, "first", rows);
    const first = await exported(onLite, "first");
    await imported(onServer, "first", "second");
    const second = await exported(onServer, "second");
    expect(second).toMatchObject({ rows: 700, shadowed: 0, milvus: { kind: "server", version: expect.stringMatching(/^2\.3\.5/) }, embedding: first.embedding });
    await imported(onLite, "second", "third");
    expect(await hashOf(onLite, "third")).toBe(first.contentSha256);
    expect([second.contentSha256, second.fields]).toEqual([first.contentSha256, first.fields]);
    const nearest = await onServer.call("search", (client) => client.search({ collection_name: "second", data: rows[5]!.vector, anns_field: "vector", limit: 1, output_fields: ["id"], consistency_level: "Strong" as never }));
    expect(nearest.results[0]!.id).toBe(rows[5]!.id);
  });

  test("on a server, older rows under a key that a newer has are told apart from rows that were lost", { timeout: 240_000 }, async () => {
    const rows = Array.from({ length: 300 }, (_, index) => rowOf(4, index, DIMENSION));
    await makeCollection(onServer, "doubled", DIMENSION);
    await insertRows(onServer, "doubled", rows);
    await insertRows(onServer, "doubled", rows.slice(10, 15));
    await insertRows(onServer, "doubled", rows.slice(20, 22), "upsert");
    await onServer.call("delete", (client) => client.delete({ collection_name: "doubled", filter: `id in ["${rows[0]!.id}"]` }));
    const manifest = await exported(onServer, "doubled");
    expect(manifest).toMatchObject({ rows: 299, shadowed: 5 });
    await imported(onLite, "doubled", "single");
    expect(await hashOf(onLite, "single")).toBe(manifest.contentSha256);
  });

  test("a restore to a server that was cut goes on, and keeps no row twice", { timeout: 240_000 }, async () => {
    await makeCollection(onLite, "long", DIMENSION);
    await insertRows(onLite, "long", Array.from({ length: 900 }, (_, index) => rowOf(8, index, DIMENSION, 800)));
    const { contentSha256 } = await exported(onLite, "long");
    const said: string[] = [];
    const into = (signal: AbortSignal, onProgress: (progress: BackupProgress) => void) => importCollection({ connection: onServer, folder: join(folder, "long"), into: "long", signal, onProgress, log: (line) => said.push(line) });
    const stop = new AbortController();
    const inserts: number[] = [];
    const cutting = into(stop.signal, ({ phase, done }) => {
      if (phase === "insert") inserts.push(done);
      if (inserts.length === 2) stop.abort(new Error("cut"));
    });
    await expect(cutting).rejects.toThrow("cut");
    // A call that arrived, but was cut before it was noted: its rows go in a second time.
    const noted = inserts.at(-2)!;
    await noteInserted(join(folder, "long"), "long", noted);
    await into(NEVER, () => {});
    expect(said).toEqual([expect.stringContaining(`goes on after ${noted} of 900 rows`)]);
    expect(await hashOf(onServer, "long")).toBe(contentSha256);
  });

  test("the aliases of a course move and come back on a server too", { timeout: 240_000 }, async () => {
    await makeCollection(onServer, "rocks", DIMENSION);
    await insertRows(onServer, "rocks", [rowOf(5, 0, DIMENSION)]);
    await exported(onServer, "rocks");
    const collections = new CourseCollections(onServer, "rocks");
    expect(await collections.current()).toBe("rocks");
    await imported(onServer, "rocks", "rocks_restored_1");
    await collections.promote("rocks_restored_1");
    expect([await collections.current(), await collections.previous()]).toEqual(["rocks_restored_1", "rocks"]);
    expect(await collections.goBack()).toBe(true);
    expect([await collections.current(), await collections.previous()]).toEqual(["rocks", "rocks_restored_1"]);
    await imported(onServer, "rocks", "rocks_restored_2");
    await collections.promote("rocks_restored_2");
    await collections.clear();
    expect((await onServer.call("show", (client) => client.showCollections())).data.map(({ name }) => name).filter((name) => name.startsWith("rocks")).sort()).toEqual(["rocks", "rocks_restored_2"]);
    await collections.drop();
    expect(await collections.current()).toBeNull();
  });
});
