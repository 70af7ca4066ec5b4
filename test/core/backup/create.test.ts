import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MentorError } from "../../../src/contract/errors.ts";
import { listBackups, removeBackup } from "../../../src/core/backup/backup-folder.ts";
import { createBackup, type CreateOptions } from "../../../src/core/backup/create.ts";
import { restoreBackup } from "../../../src/core/backup/restore.ts";
import { verifyBackup } from "../../../src/core/backup/verify.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeCourseStore } from "../../fakes/course-store.ts";

const NEVER = new AbortController().signal;
const PASSPHRASE = "a stone a day";
const EMBEDDING = { name: "model-a", sha256: "a".repeat(64) };

let folder: string;
let store: FakeCourseStore;
let clock: FakeClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mentor-backups-"));
  store = new FakeCourseStore();
  clock = new FakeClock(Date.parse("2026-11-24T17:00:00Z"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const create = async (options: Partial<CreateOptions> = {}) =>
  (await createBackup({ store, folder, course: "Rocks", host: "root@pod", appVersion: "0.1.0", keep: 5, clock, signal: NEVER, onProgress: () => {}, ...options }))!;
const verify = (path: string, passphrase?: string) => verifyBackup({ path, passphrase, clock, signal: NEVER, onProgress: () => {} });
const restore = (path: string, passphrase?: string) => restoreBackup({ store, path, passphrase, embedding: EMBEDDING, clock, signal: NEVER, onProgress: () => {} });
const cutAt = (name: string, offset: number, error: unknown) => {
  store.beforePiece = (asked, at) => {
    if (asked !== name || at !== offset) return;
    store.beforePiece = () => {};
    throw error;
  };
};
const LOST = new MentorError("host-lost", "The host does not answer.");

test("a cut line is taken up where it was cut, by itself", async () => {
  cutAt("rows-00001.parquet", 30_000, LOST);
  const state = { done: false };
  const made = create().finally(() => (state.done = true));
  while (!state.done) await clock.advance(500);
  const { backup } = await made;
  expect(store.reads).toEqual(["manifest.json@0", "rows-00001.parquet@0", "rows-00001.parquet@30000", "rows-00002.parquet@0"]);
  expect(await readFile(join(backup.path, "rows-00001.parquet"))).toEqual(Buffer.from(store.files.get("rows-00001.parquet")!));
});

test("after a crash the next try goes on with what had arrived, proven again, and nothing half done is ever listed", async () => {
  cutAt("rows-00002.parquet", 20_000, new Error("the app crashed here"));
  await expect(create()).rejects.toThrow("the app crashed here");
  expect(await listBackups(folder)).toEqual([]);
  store.reads = [];
  const { backup } = await create();
  expect(store.reads).toEqual(["rows-00002.parquet@20000"]);
  expect((await verify(backup.path)).backup).toMatchObject({ name: backup.name, problem: null });
  expect(await readdir(folder)).toEqual([backup.name]);
});

test("what an earlier try left is not believed: altered bytes are fetched anew", async () => {
  cutAt("rows-00002.parquet", 20_000, new Error("crash"));
  await expect(create()).rejects.toThrow("crash");
  const [partial] = await readdir(folder);
  const path = join(folder, partial!, "rows-00001.parquet");
  const bytes = await readFile(path);
  bytes[7]! ^= 1;
  await writeFile(path, bytes);
  const { backup } = await create();
  expect(await readFile(join(backup.path, "rows-00001.parquet"))).toEqual(Buffer.from(store.files.get("rows-00001.parquet")!));
});

test("what is left of another export is cleared away", async () => {
  cutAt("rows-00002.parquet", 20_000, new Error("crash"));
  await expect(create()).rejects.toThrow("crash");
  store.version = 2;
  const { backup } = await create();
  expect(await readdir(folder)).toEqual([backup.name]);
});

test("a backup that is cancelled leaves none, and the ones before stand", async () => {
  const { backup } = await create();
  store.version = 2;
  const stop = new AbortController();
  store.beforePiece = (name) => {
    if (name === "rows-00002.parquet") stop.abort(new MentorError("cancelled", "The work was cancelled."));
  };
  await expect(create({ signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });
  expect((await listBackups(folder)).map(({ name }) => name)).toEqual([backup.name]);
});

test("the oldest are pruned by the rule once a new one is proven", async () => {
  const names: string[] = [];
  for (let version = 1; version <= 4; version++) {
    store.version = version;
    await clock.advance(60_000);
    const { backup, pruned } = await create({ keep: 2 });
    names.push(backup.name);
    expect(pruned.map(({ name }) => name)).toEqual(version <= 2 ? [] : [names[version - 3]]);
  }
  expect((await readdir(folder)).sort()).toEqual(names.slice(-2));
});

test("an encrypted backup shows its label and nothing else, opens with its passphrase and with no other", async () => {
  const { backup } = await create({ passphrase: PASSPHRASE });
  expect(backup).toMatchObject({ encrypted: true, course: "Rocks", rows: 2, problem: null });
  const files = (await readdir(backup.path)).sort();
  expect(files).toEqual(["backup.json", "key.age", "manifest.json.age", "rows-00001.parquet.age", "rows-00002.parquet.age"]);
  for (const name of files.filter((one) => one.endsWith(".age"))) expect((await readFile(join(backup.path, name), "latin1")).slice(0, 22)).toBe("age-encryption.org/v1\n");
  const kept = Buffer.concat(await Promise.all(files.map((name) => readFile(join(backup.path, name)))));
  for (const plain of store.files.values()) expect(kept.includes(Buffer.from(plain.subarray(0, 64)))).toBe(false);

  await verify(backup.path);
  await verify(backup.path, PASSPHRASE);
  await expect(verify(backup.path, "another one")).rejects.toMatchObject({ code: "backup-passphrase-wrong" });
  await expect(restore(backup.path)).rejects.toMatchObject({ code: "backup-encrypted" });
  await expect(restore(backup.path, "another one")).rejects.toMatchObject({ code: "backup-passphrase-wrong" });
  expect(store.sent).toEqual([]);
  const plain = new Map(store.files);
  await restore(backup.path, PASSPHRASE);
  expect(store.sent.map(({ name }) => name).sort()).toEqual(["manifest.json", "rows-00001.parquet", "rows-00002.parquet"]);
  for (const { name, bytes } of store.sent) expect(Buffer.from(bytes)).toEqual(Buffer.from(plain.get(name)!));
});

test("an encrypted backup goes on after a crash with its whole files, and begins anew with another passphrase", async () => {
  cutAt("rows-00002.parquet", 20_000, new Error("crash"));
  await expect(create({ passphrase: PASSPHRASE })).rejects.toThrow("crash");
  store.reads = [];
  cutAt("rows-00002.parquet", 30_000, new Error("crash"));
  await expect(create({ passphrase: PASSPHRASE })).rejects.toThrow("crash");
  expect(store.reads).toEqual(["rows-00002.parquet@0"]);
  store.reads = [];
  const { backup } = await create({ passphrase: "another one" });
  expect(store.reads).toEqual(["manifest.json@0", "rows-00001.parquet@0", "rows-00002.parquet@0"]);
  await restore(backup.path, "another one");
});

test("an unencrypted backup does not count where an encrypted one is wanted", async () => {
  await create();
  expect(await create({ passphrase: PASSPHRASE })).toMatchObject({ skipped: false, backup: { encrypted: true } });
  expect(await create({ passphrase: PASSPHRASE })).toMatchObject({ skipped: true, backup: { encrypted: true } });
});

test("a backup that does not read back any more, or opens with another passphrase alone, is no reason to make none", async () => {
  const { backup } = await create();
  const path = join(backup.path, "rows-00001.parquet");
  const bytes = await readFile(path);
  bytes[100]! ^= 1;
  await writeFile(path, bytes);
  const next = await create();
  expect(next).toMatchObject({ skipped: false, backup: { problem: null } });
  expect(await create()).toMatchObject({ skipped: true, backup: { path: next.backup.path } });
  await create({ passphrase: PASSPHRASE });
  const other = await create({ passphrase: "another one" });
  expect(other.skipped).toBe(false);
  await verify(other.backup.path, "another one");
});

test("the backup just made is never the one that makes room, wherever the clock stands", async () => {
  for (let day = 0; day < 8; day++) {
    store.version = day + 1;
    await create({ clock: new FakeClock(Date.parse("2026-11-10T10:00:00Z") + day * 86_400_000) });
  }
  store.version = 99;
  const { backup } = await create({ clock: new FakeClock(Date.parse("2020-01-01T10:00:00Z")) });
  expect((await listBackups(folder)).map(({ path }) => path)).toContain(backup.path);
});

test("it is told when the course was changed while its backup was brought here", async () => {
  expect(await create()).toMatchObject({ changedSince: false });
  store.version = 2;
  store.beforePiece = () => void (store.version = 3);
  expect(await create()).toMatchObject({ changedSince: true });
  expect(await create()).toMatchObject({ skipped: false, changedSince: false });
});

test("a folder that holds more than a backup is not removed with it", async () => {
  const { backup } = await create();
  await writeFile(join(backup.path, "marks.xlsx"), "");
  await expect(removeBackup(backup)).rejects.toMatchObject({ code: "backup-unrecognised", message: expect.stringContaining("marks.xlsx") });
  await verify(backup.path);
  await rm(join(backup.path, "marks.xlsx"));
  await removeBackup(backup);
  expect(await readdir(folder)).toEqual([]);
});
