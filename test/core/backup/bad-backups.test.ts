import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ErrorCode, MentorError } from "../../../src/contract/errors.ts";
import { describeBackup, listBackups } from "../../../src/core/backup/backup-folder.ts";
import { createBackup } from "../../../src/core/backup/create.ts";
import { parseLabel, sealed } from "../../../src/core/backup/label.ts";
import { restoreBackup } from "../../../src/core/backup/restore.ts";
import { verifyBackup } from "../../../src/core/backup/verify.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeCourseStore } from "../../fakes/course-store.ts";
import { seeded } from "../../parts/seeded.ts";

const NEVER = new AbortController().signal;
const clock = new FakeClock(Date.parse("2026-11-24T17:00:00Z"));

let folder: string;
let store: FakeCourseStore;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mentor-bad-backups-"));
  store = new FakeCourseStore();
  path = (await createBackup({ store, folder, course: "Rocks", host: "root@pod", appVersion: "0.1.0", keep: 5, clock, signal: NEVER, onProgress: () => {} }))!.backup.path;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const change = async (name: string, edit: (bytes: Buffer) => Buffer | void) => {
  const bytes = await readFile(join(path, name));
  await writeFile(join(path, name), edit(bytes) ?? bytes);
};
const relabel = (fields: object) => change("backup.json", (text) => Buffer.from(JSON.stringify(sealed({ ...parseLabel(String(text), "x"), ...fields } as never))));

const canonical = (json: Buffer): string | null => {
  try {
    return JSON.stringify(JSON.parse(String(json)));
  } catch {
    return null;
  }
};

/** What is wrong, and whether the label alone tells. */
const CASES: [string, ErrorCode, "at once" | "when read", () => Promise<unknown>][] = [
  ["cut in the rows", "backup-damaged", "at once", () => truncate(join(path, "rows-00001.parquet"), 20_000)],
  ["cut in the label", "backup-damaged", "at once", () => truncate(join(path, "backup.json"), 300)],
  ["an empty label", "backup-damaged", "at once", () => truncate(join(path, "backup.json"), 0)],
  ["a file missing", "backup-damaged", "at once", () => rm(join(path, "rows-00002.parquet"))],
  ["one byte altered in the rows", "backup-damaged", "when read", () => change("rows-00002.parquet", (bytes) => void (bytes[25_000]! ^= 1))],
  ["one byte altered in the manifest", "backup-damaged", "when read", () => change("manifest.json", (bytes) => void (bytes[100]! ^= 1))],
  ["one figure altered in the label", "backup-damaged", "at once", () => change("backup.json", (text) => Buffer.from(String(text).replace('"rows": 2', '"rows": 3')))],
  ["made by a newer version", "backup-newer", "at once", () => relabel({ version: 2 })],
  ["a path in a file's name", "backup-damaged", "at once", () => relabel({ files: [{ name: "../outside", bytes: 1, sha256: "0".repeat(64) }] })],
  ["another program's folder", "backup-unrecognised", "at once", () => writeFile(join(path, "backup.json"), '{"name": "photos"}')],
  ["no label at all", "backup-unrecognised", "at once", () => rm(join(path, "backup.json"))],
];

test.each(CASES)("a backup with %s is told as %s %s, and never restored", async (_, code, when, spoil) => {
  await spoil();
  const [listed] = await listBackups(folder);
  expect(listed!.problem?.code ?? null).toBe(when === "at once" ? code : null);
  await expect(verifyBackup({ path, clock, signal: NEVER, onProgress: () => {} })).rejects.toMatchObject({ code });
  await expect(restoreBackup({ store, path, embedding: { name: "model-a", sha256: "a".repeat(64) }, clock, signal: NEVER, onProgress: () => {} })).rejects.toMatchObject({ code });
  expect(store.sent).toEqual([]);
  expect(store.restored).toEqual([]);
});

test.each(["plain", "encrypted"])("%s: a backup with a byte altered or cut away, wherever, is found out and never restored", async (how) => {
  const passphrase = how === "encrypted" ? "a stone a day" : undefined;
  if (passphrase !== undefined) path = (await createBackup({ store, folder, course: "Rocks", host: "root@pod", appVersion: "0.1.0", keep: 5, passphrase, clock, signal: NEVER, onProgress: () => {} }))!.backup.path;
  const random = seeded(20261128);
  const options = { path, clock, signal: NEVER, onProgress: () => {} };
  const told = (work: Promise<unknown>) => work.then(() => "nothing", (error: MentorError) => error.code);
  for (const name of await readdir(path)) {
    const sound = await readFile(join(path, name));
    for (let time = 0; time < 8; time++) {
      const at = Math.floor(random() * sound.length);
      const spoilt = time < 6 ? Buffer.from(sound) : sound.subarray(0, at);
      if (time < 6) spoilt[at]! ^= 1 << Math.floor(random() * 8);
      await writeFile(join(path, name), spoilt);
      // The space between two fields of the label may be any space.
      const same = name === "backup.json" && canonical(spoilt) === canonical(sound);
      expect(await told(verifyBackup(options))).toMatch(same ? "nothing" : name === "backup.json" ? /^backup-(damaged|unrecognised|newer)$/ : "backup-damaged");
    }
    await writeFile(join(path, name), sound);
  }
  expect(store.restored).toEqual([]);
  expect((await verifyBackup({ ...options, passphrase })).backup.problem).toBeNull();
});

test("a key that was altered is not called a wrong passphrase", async () => {
  path = (await createBackup({ store, folder, course: "Rocks", host: "root@pod", appVersion: "0.1.0", keep: 5, passphrase: "a stone a day", clock, signal: NEVER, onProgress: () => {} }))!.backup.path;
  await change("key.age", (bytes) => void (bytes[200]! ^= 1));
  await expect(restoreBackup({ store, path, passphrase: "a stone a day", embedding: { name: "model-a", sha256: "a".repeat(64) }, clock, signal: NEVER, onProgress: () => {} })).rejects.toMatchObject({ code: "backup-damaged" });
  expect(store.sent).toEqual([]);
});

test("what is no backup by its name is not listed, and said to be none when it is named", async () => {
  await mkdir(join(folder, "photos"));
  await writeFile(join(folder, "notes.txt"), "hello");
  expect(await listBackups(folder)).toHaveLength(1);
  expect((await describeBackup(join(folder, "photos"))).problem?.code).toBe("backup-unrecognised");
  expect((await describeBackup(join(folder, "notes.txt"))).problem?.code).toBe("backup-unrecognised");
  expect((await describeBackup(join(folder, "gone.backup"))).problem?.code).toBe("backup-missing");
});

test("a damaged backup does not count as the newest: another is made, and the sound one is listed first", async () => {
  await truncate(join(path, "rows-00001.parquet"), 20_000);
  await clock.advance(60_000);
  const again = await createBackup({ store, folder, course: "Rocks", host: "root@pod", appVersion: "0.1.0", keep: 1, clock, signal: NEVER, onProgress: () => {} });
  expect(again).toMatchObject({ skipped: false, pruned: [] });
  expect((await listBackups(folder)).map(({ problem }) => problem?.code ?? null)).toEqual([null, "backup-damaged"]);
});

test("a copy of a backup is the same backup, wherever it lies", async () => {
  const elsewhere = join(folder, "copies", "kept.backup");
  await cp(path, elsewhere, { recursive: true });
  expect((await verifyBackup({ path: elsewhere, clock, signal: NEVER, onProgress: () => {} })).backup).toMatchObject({ course: "Rocks", problem: null });
});

test("verifying says when it was proven last", async () => {
  await clock.advance(3 * 86_400_000);
  const { backup } = await verifyBackup({ path, clock, signal: NEVER, onProgress: () => {} });
  expect(backup.provenAt).toBe(new Date(clock.now()).toISOString());
  expect(backup.createdAt).not.toBe(backup.provenAt);
});
