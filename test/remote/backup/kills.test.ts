import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { shapeOf } from "../../../remote/backup/collection.ts";
import { ContentHash } from "../../../remote/backup/content-hash.ts";
import { countOf, pagesOf } from "../../../remote/backup/pages.ts";
import type { Exported, ProgramLine, ProgramRequest } from "../../../remote/backup/request.ts";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";
import { CourseCollections } from "../../../remote/milvus/course-collections.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { seeds } from "../../core/session/seeds.ts";
import { insertRows, makeCollection, rowOf, TEST_EMBEDDING } from "../../parts/course.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";
import { noMilvusServer, startMilvusServer } from "../../parts/milvus-server.ts";
import { seeded } from "../../parts/seeded.ts";

const PROGRAM = join(import.meta.dirname, "../../../remote/backup/main.ts");
const NEVER = new AbortController().signal;
const DIMENSION = 8;
const MINUTES = 4 * 60_000;
/** Of the many seeds of a long run, each fifth is the real server's: it takes a minute to answer after a kill. */
const onServer = (seed: number): boolean => seed > 5 && seed % 5 === 0 && noMilvusServer === null;

/** The program as the API starts it, and what it said last. */
function started(request: ProgramRequest): { child: ChildProcess; ended: Promise<ProgramLine | null> } {
  const child = spawn(process.execPath, [PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin!.on("error", () => {});
  child.stdin!.write(`${JSON.stringify(request)}\n`);
  let last: ProgramLine | null = null;
  createInterface({ input: child.stdout! }).on("line", (line) => (last = JSON.parse(line) as ProgramLine));
  return { child, ended: new Promise((resolve) => child.once("close", () => resolve(last !== null && ("result" in last || "error" in last) ? last : null))) };
}

/**
 * Milvus, or the program, is killed at a random moment of a backup or of a restore. Whatever the moment:
 * once Milvus is there again the course is whole, the old one or (when it had been proven and had begun to
 * answer) the new one; and the same work, done again, succeeds and clears away what was left.
 */
test.each(seeds(5, 30))("seed %i: a kill at a random moment loses no row and leaves no half course", { timeout: MINUTES }, async (seed) => {
  const random = seeded(seed);
  const folder = await mkdtemp(join(tmpdir(), "mentor-kills-"));
  const port = await freePort(0);
  const dataDir = join(folder, "milvus");
  const start = () => (onServer(seed) ? startMilvusServer({ dataDir, port }) : startMilvus({ dataDir, port }));
  let milvus: RunningMilvus & { token?: string } = await start();
  onTestFinished(async () => {
    await milvus.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const target = { address: milvus.address, token: milvus.token };
  const withConnection = async <Result>(work: (connection: MilvusConnection) => Promise<Result>): Promise<Result> => {
    const connection = new MilvusConnection(target, 60_000);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  };
  /** Count and content of what answers for the course. */
  const course = () =>
    withConnection(async (connection) => {
      const name = (await new CourseCollections(connection, "rocks").current())!;
      await connection.call("load", (client) => client.loadCollectionSync({ collection_name: name }));
      const { fields } = await shapeOf(connection, name);
      const hash = new ContentHash(fields);
      let rows = 0;
      for await (const page of pagesOf({ connection, name, fields }, NEVER)) {
        hash.add(page);
        rows += page.rows;
      }
      expect(await countOf({ connection, name })).toBe(rows);
      return hash.digest();
    });
  // Long ones, which several calls put in: a restore is cut between them too.
  const rowsOf = (of: number, count: number) => Array.from({ length: count }, (_, index) => rowOf(of, index, DIMENSION, 400));

  await withConnection(async (connection) => {
    await makeCollection(connection, "rocks", DIMENSION);
    await insertRows(connection, "rocks", rowsOf(1, 800));
  });
  const backup = join(folder, "backup");
  const exporting: ProgramRequest = { action: "export", milvus: target, course: "rocks", folder: backup, documents: [] };
  const importing: ProgramRequest = { action: "import", milvus: target, course: "rocks", folder: backup, token: "abc", embedding: TEST_EMBEDDING };
  const first = (await started(exporting).ended) as { result: Exported };
  const backedUp = first.result.manifest!.contentSha256;
  // The course goes on: what a restore must not touch before it has succeeded.
  await withConnection((connection) => insertRows(connection, "rocks", rowsOf(2, 300)));
  const now = await course();
  expect(now).not.toBe(backedUp);

  const restoring = random() < 0.7;
  const request = restoring ? importing : { ...exporting, folder: join(folder, "again") };
  const killMilvus = random() < 0.6;
  const running = started(request);
  // An undisturbed one takes about this long; a kill may also come when it is over.
  await new Promise((resolve) => setTimeout(resolve, random() * (restoring ? 5_000 : 2_500)));
  if (killMilvus) await milvus.kill();
  else running.child.kill("SIGKILL");
  if (killMilvus) milvus = await start();
  const said = await running.ended;
  const succeeded = said !== null && "result" in said;

  const after = await course();
  const right = !restoring ? [now] : succeeded ? [backedUp] : [now, backedUp];
  expect(right).toContain(after);
  expect(said !== null && "error" in said ? said.error.code : null).not.toBe("internal");

  expect(await started(request).ended).toMatchObject({ result: {} });
  expect(await course()).toBe(restoring ? backedUp : now);
  await withConnection(async (connection) => {
    const collections = new CourseCollections(connection, "rocks");
    await collections.clear();
    const { data } = await connection.call("show", (client) => client.showCollections());
    expect(data.map(({ name }) => name).sort()).toEqual([...new Set([await collections.current(), await collections.previous()])].filter((name) => name !== null).sort());
  });
});

/** Between the steps of the switch there is no moment in which the course is neither the old nor the new one. */
test("killed between the alias steps, the course is the old one, and the next restore goes through", { timeout: MINUTES }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "mentor-alias-"));
  const dataDir = join(folder, "milvus");
  let milvus = await startMilvus({ dataDir });
  const connection = new MilvusConnection(milvus, 60_000);
  onTestFinished(async () => {
    await connection.close();
    await milvus.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await makeCollection(connection, "rocks", DIMENSION);
  await makeCollection(connection, "rocks_restored_new", DIMENSION);
  // The first of the two steps, and no more.
  await connection.call("createAlias", (client) => client.createAlias({ alias: "rocks_previous", collection_name: "rocks" }));
  await milvus.kill();
  milvus = await startMilvus({ dataDir, port: milvus.port });
  const again = new MilvusConnection(milvus, 60_000);
  onTestFinished(() => again.close());
  const collections = new CourseCollections(again, "rocks");
  expect(await collections.current()).toBe("rocks");
  await collections.promote("rocks_restored_new");
  expect([await collections.current(), await collections.previous()]).toEqual(["rocks_restored_new", "rocks"]);
});
