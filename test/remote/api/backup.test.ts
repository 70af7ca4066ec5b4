import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CourseCollections } from "../../../remote/milvus/course-collections.ts";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import type { CourseStore } from "../../../src/core/backup/course-store.ts";
import { listBackups } from "../../../src/core/backup/backup-folder.ts";
import { verifyBackup } from "../../../src/core/backup/verify.ts";
import { COURSE, type BackedUpCourse } from "../../parts/backed-up-course.ts";
import { courseForEach } from "../../parts/milvus-for-file.ts";

const NEVER = new AbortController().signal;

let connection: MilvusConnection;
let course: BackedUpCourse;

courseForEach((opened, at) => {
  course = opened;
  connection = at.connection;
});

const collectionsOf = async () => (await connection.call("show", (client) => client.showCollections())).data.map(({ name }) => name).filter((name) => name.startsWith(course.collection)).sort();
const left = async () => ({ exports: await readdir(join(course.folder, "data/backups/exports")).catch(() => []), incoming: await readdir(join(course.folder, "data/backups/incoming")).catch(() => []), stick: (await readdir(course.stick)).filter((name) => name.startsWith(".")) });

test("a course is backed up, listed, verified, restored after it was changed, and had back as it was before", async () => {
  await course.ingest();
  const { backup, skipped } = await course.create();
  expect(skipped).toBe(false);
  expect(backup.name).toMatch(/^rocks-fruit-\d{8}-\d{6}\.backup$/);
  expect(await listBackups(course.stick)).toEqual([backup]);
  expect(backup).toMatchObject({ kind: "rows", course: "Rocks & Fruit", rows: 3, documents: 2, encrypted: false, milvus: { kind: "lite" }, embedding: { name: "model-a", dimension: 1024 }, problem: null });
  expect(backup.provenAt).toBe(backup.createdAt);
  expect(new Set(course.progress.map(({ phase }) => phase))).toEqual(new Set(["export", "prove", "fetch", "check"]));
  expect(await left()).toEqual({ exports: [], incoming: [], stick: [] });

  await course.ingest({ "tea.md": "# Tea\n\nTea is picked by hand." });
  expect(await course.files()).toEqual(["tea.md"]);
  expect(await verifyBackup({ path: backup.path, clock: systemClock, signal: NEVER, onProgress: () => {} })).toMatchObject({ bytes: backup.bytes, backup: { problem: null } });
  expect(await course.restore(backup.path)).toMatchObject({ rows: 3, documents: 2, undoable: true, embeddedAnew: false });
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
  expect(await course.found("When do apples ripen into cider?")).toBe("fruit/apples.md");
  expect(await left()).toEqual({ exports: [], incoming: [], stick: [] });

  await course.backups.undo(NEVER, () => {});
  expect(await course.files()).toEqual(["tea.md"]);
  expect(await course.found("Who picks tea by hand?")).toBe("tea.md");
  await course.backups.undo(NEVER, () => {});
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});

test("a restored course takes in documents, and its next backup has them", async () => {
  await course.ingest();
  const { backup } = await course.create();
  await course.restore(backup.path);
  await course.ingest({ ...COURSE, "tea.md": "# Tea\n\nTea is picked by hand." });
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md", "tea.md"]);
  const next = await course.create();
  expect(next).toMatchObject({ skipped: false, backup: { documents: 3, rows: 4 } });
  const manifest = JSON.parse(await readFile(join(next.backup.path, "manifest.json"), "utf8")) as { documents: { file: string; sha256: string }[] };
  expect(manifest.documents.map(({ file }) => file)).toEqual(["engines.txt", "fruit/apples.md", "tea.md"]);
});

test("where nothing has changed since a proven backup none is made, unless it is wanted", async () => {
  await course.ingest();
  const { backup } = await course.create();
  expect(await course.create()).toMatchObject({ skipped: true, backup: { path: backup.path } });
  expect(await course.create({ always: true })).toMatchObject({ skipped: false });
  expect(await listBackups(course.stick)).toHaveLength(2);
});

test("an empty course has nothing to back up", async () => {
  expect(await course.create()).toBeNull();
  expect(await stat(course.stick).catch(() => null)).toBeNull();
});

test("only the course that answers and the one before it are kept on the host", async () => {
  await course.ingest();
  const { backup } = await course.create();
  for (let time = 0; time < 3; time++) await course.restore(backup.path);
  const collections = new CourseCollections(connection, course.collection);
  expect((await collectionsOf()).length).toBeLessThanOrEqual(3);
  await collections.clear();
  expect(await collectionsOf()).toEqual([await collections.current(), await collections.previous()].sort());
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});

test("a backup from another search model is refused before anything is sent, and the course answers on", async () => {
  await course.ingest();
  const { backup } = await course.create();
  const progress = course.progress.length;
  await expect(course.restore(backup.path, { embedding: { name: "model-b", sha256: "b".repeat(64) } })).rejects.toMatchObject({ code: "backup-other-model" });
  expect(course.progress.length).toBe(progress);
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});

test("where the search model is another one, the text is prepared anew when that is wanted, and found by it", async () => {
  await course.ingest();
  const { backup } = await course.create();
  await course.ingest({ "tea.md": "# Tea\n\nTea is picked by hand." });
  const embedded = course.llm.embedded.length;
  // The stand-in makes the same vectors under any name; what matters is who is asked, and what the collection says.
  await course.api.close();
  course.embedding = { name: "model-b", sha256: "b".repeat(64) };
  await course.start();
  await expect(course.files()).rejects.toMatchObject({ code: "course-other-model" });
  await expect(course.restore(backup.path)).rejects.toMatchObject({ code: "backup-other-model" });
  expect(await course.restore(backup.path, { embedAnew: true })).toMatchObject({ rows: 3, documents: 2, embeddedAnew: true });
  expect(course.llm.embedded.length).toBeGreaterThanOrEqual(embedded + 3);
  expect(course.llm.embedded.slice(embedded).join("\n")).toContain("Apples ripen in autumn");
  expect(course.progress.some(({ phase }) => phase === "embed")).toBe(true);
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
  expect(await course.found("When do apples ripen into cider?")).toBe("fruit/apples.md");
  expect((await course.create()).backup.embedding).toMatchObject({ name: "model-b" });
});

test("there is nothing to go back to before anything was restored", async () => {
  await course.ingest();
  await expect(course.backups.undo(NEVER, () => {})).rejects.toMatchObject({ code: "restore-nothing-before" });
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});

test("questions are answered while a backup is made, and documents that come meanwhile come after it", async () => {
  await course.ingest();
  let adding: Promise<void> | null = null;
  let answered: Promise<string | null> | null = null;
  const created = await course.create({
    onProgress: ({ phase }) => {
      if (phase !== "export" || adding !== null) return;
      adding = course.ingest({ ...COURSE, "tea.md": "# Tea\n\nTea is picked by hand." });
      answered = course.found("When do apples ripen into cider?");
    },
  });
  expect(created.backup).toMatchObject({ documents: 2, rows: 3 });
  expect(await answered!).toBe("fruit/apples.md");
  await adding!;
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md", "tea.md"]);
});

test("of two restores at once one is done and the other is told to wait", async () => {
  await course.ingest();
  const { backup: fruit } = await course.create();
  await course.ingest({ "tea.md": "# Tea\n\nTea is picked by hand." });
  const { backup: tea } = await course.create();
  // Both have arrived before either is begun.
  const second = Promise.withResolvers<Awaited<ReturnType<typeof course.restore>>>();
  let begun = false;
  const first = course.restore(fruit.path, {
    onProgress: ({ phase }) => {
      if (phase !== "insert" || begun) return;
      begun = true;
      second.resolve(course.restore(tea.path));
    },
  });
  await expect(second.promise).rejects.toMatchObject({ code: "backup-running" });
  await first;
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});

test("a backup that goes bad after it was read is found out on the host, the course answers on, and the next try heals it", async () => {
  await course.ingest();
  const { backup } = await course.create();
  await course.ingest({ "tea.md": "# Tea\n\nTea is picked by hand." });
  const { backups } = course;
  const incoming = (id: string, name: string) => join(course.folder, "data/backups/incoming", id, name);
  const send: CourseStore["send"] = async (id, name, ...rest) => {
    await backups.send(id, name, ...rest);
    if (!name.endsWith(".parquet")) return;
    const bytes = await readFile(incoming(id, name));
    bytes[Math.floor(bytes.length / 3)]! ^= 1;
    await writeFile(incoming(id, name), bytes);
  };
  const store: CourseStore = { state: (...all) => backups.state(...all), export: (...all) => backups.export(...all), read: (...all) => backups.read(...all), removeExport: (id) => backups.removeExport(id), send, restore: (...all) => backups.restore(...all), undo: (...all) => backups.undo(...all) };
  await expect(course.restore(backup.path, { store })).rejects.toMatchObject({ code: "backup-damaged" });
  expect(await course.files()).toEqual(["tea.md"]);
  expect(await course.found("Who picks tea by hand?")).toBe("tea.md");
  expect(await course.restore(backup.path)).toMatchObject({ documents: 2 });
});

test("a restore that is cancelled leaves the course as it was, and the next one clears away after it", async () => {
  await course.ingest();
  const { backup } = await course.create();
  await course.ingest({ "tea.md": "# Tea\n\nTea is picked by hand." });
  const stop = new AbortController();
  await expect(course.restore(backup.path, { signal: stop.signal, onProgress: ({ phase }) => phase === "insert" && stop.abort() })).rejects.toMatchObject({ code: "cancelled" });
  expect(await course.files()).toEqual(["tea.md"]);
  expect(await course.found("Who picks tea by hand?")).toBe("tea.md");
  await course.restore(backup.path);
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
  await new CourseCollections(connection, course.collection).clear();
  expect(await collectionsOf()).toHaveLength(2);
});
