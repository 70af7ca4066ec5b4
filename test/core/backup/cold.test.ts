import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { putBackStore } from "../../../remote/agent/store-folder.ts";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { MentorError } from "../../../src/contract/errors.ts";
import { createColdCopy, restoreColdCopy } from "../../../src/core/backup/cold.ts";
import type { CourseStore } from "../../../src/core/backup/course-store.ts";
import { parseLabel, sealed } from "../../../src/core/backup/label.ts";
import type { StoreControl } from "../../../src/core/backup/store-control.ts";
import { BackedUpCourse } from "../../parts/backed-up-course.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";

const NEVER = new AbortController().signal;

let root: string;
let milvus: RunningMilvus;
let course: BackedUpCourse;
let control: StoreControl;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mentor-cold-"));
  const [dataDir, port] = [join(root, "milvus"), await freePort(0)];
  milvus = await startMilvus({ dataDir, port });
  course = await BackedUpCourse.open(milvus.address);
  control = {
    host: new LocalHost(),
    kind: "lite",
    dataDir,
    backups: join(course.folder, "data", "backups"),
    node: process.execPath,
    stop: () => milvus.stop(),
    start: async (how) => {
      // As the agent does.
      if (how?.tryCopy !== true) await putBackStore(dataDir);
      milvus = await startMilvus({ dataDir, port });
    },
  };
}, 240_000);
afterEach(async () => {
  await course.close();
  await milvus.stop();
  await rm(root, { recursive: true, force: true });
});

const both = () => ({ store: course.backups, control, clock: systemClock, signal: NEVER, onProgress: () => {} });
const create = () => createColdCopy({ ...both(), folder: course.stick, course: "Rocks", host: "this computer", appVersion: "0.1.0" });
const restore = (path: string) => restoreColdCopy({ ...both(), path });
const TEA = { "tea.md": "# Tea\n\nTea is picked by hand." };

test("the store's folder is copied while it stands still, comes back as it was, and the one before stays beside it", { timeout: 180_000 }, async () => {
  await course.ingest();
  const { backup } = await create();
  expect(backup.name).toMatch(/^milvus-backup-\d{8}\.tar\.gz$/);
  expect(backup).toMatchObject({ kind: "cold", course: "Rocks", milvus: { kind: "lite" }, problem: null, rows: null });
  expect((await readdir(course.stick)).sort()).toEqual([backup.name.replace(".tar.gz", ".json"), backup.name]);
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
  await course.ingest(TEA);
  expect(await restore(backup.path)).toMatchObject({ documents: 2, rows: 3 });
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
  expect(await course.found("When do apples ripen into cider?")).toBe("fruit/apples.md");
  expect((await readdir(root)).sort()).toEqual(["milvus", "milvus.before"]);
});

test("an archive of the original's name and layout is restored without a label, and taken over where it has another host's password", { timeout: 180_000 }, async () => {
  await course.ingest();
  const { backup } = await create();
  await rm(backup.path.replace(".tar.gz", ".json"));
  await course.ingest(TEA);
  // As a server does whose copy came from a host with another password.
  let locked = false;
  const { backups } = course;
  const store = Object.assign(Object.create(backups) as CourseStore, {
    state: (signal: AbortSignal) => (locked ? Promise.reject(new MentorError("search-failed", "auth check failure")) : backups.state(signal)),
    send: backups.send,
  });
  const { stop } = control;
  control.stop = async () => {
    await stop();
    locked = true;
  };
  control.takeOver = async () => void (locked = false);
  expect(await restoreColdCopy({ ...both(), store, path: backup.path })).toMatchObject({ documents: 2 });
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});

test("what does not fit is refused, and the course answers as before", { timeout: 240_000 }, async () => {
  await course.ingest();
  const { backup } = await create();
  await course.ingest(TEA);
  const asBefore = async () => expect(await course.files()).toEqual(["tea.md"]);

  const labelPath = backup.path.replace(".tar.gz", ".json");
  const label = parseLabel(await readFile(labelPath, "utf8"), "x");
  await writeFile(labelPath, JSON.stringify(sealed({ ...label, milvus: { kind: "lite", version: "2.4.0" } })));
  await expect(restore(backup.path)).rejects.toMatchObject({ code: "backup-other-version" });
  await writeFile(labelPath, JSON.stringify(label));
  await asBefore();

  const bytes = await readFile(backup.path);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  await writeFile(backup.path, bytes);
  await expect(restore(backup.path)).rejects.toMatchObject({ code: "backup-damaged" });
  await asBefore();

  const made = async (name: string, files: string[]) => {
    const from = join(root, "made", name);
    for (const file of files) {
      await mkdir(join(from, file, ".."), { recursive: true });
      await writeFile(join(from, file), "{}");
    }
    const path = join(course.stick, name);
    execFileSync("tar", ["-czf", path, "-C", from, files[0]!.split("/")[0]!]);
    return path;
  };
  await expect(restore(await made("milvus-backup-20240501.tar.gz", ["volumes/etcd/member", "volumes/minio/data", "volumes/milvus/x"]))).rejects.toMatchObject({ code: "backup-other-version" });
  await expect(restore(await made("milvus-backup-20240502.tar.gz", ["photos/cat.jpg"]))).rejects.toMatchObject({ code: "backup-unrecognised" });
  const cut = join(course.stick, "milvus-backup-20240503.tar.gz");
  await writeFile(cut, bytes.subarray(0, 200));
  await expect(restore(cut)).rejects.toMatchObject({ code: "backup-damaged" });
  await asBefore();
  await rm(join(root, "made"), { recursive: true });
  expect(await readdir(root)).toEqual(["milvus"]);
});

test("a copy of another kind's folder is refused before anything is sent or stopped, and says what to do", { timeout: 180_000 }, async () => {
  await course.ingest();
  control.kind = "image";
  const { backup } = await create();
  expect(backup.milvus).toMatchObject({ kind: "image" });
  control.kind = "compose";
  const untouched = () => Promise.reject(new Error("it was touched"));
  const store = Object.assign(Object.create(course.backups) as CourseStore, { state: course.backups.state.bind(course.backups), send: untouched });
  await expect(restoreColdCopy({ ...both(), store, control: { ...control, stop: untouched }, path: backup.path })).rejects.toMatchObject({
    code: "backup-other-version",
    message: "The copy is the folder of the Milvus server of the official image; this session's course is in the official Milvus containers (Docker), which lays its folder out otherwise.",
    advice: expect.stringMatching(/--milvus image.*ai-mentor backup create/),
  });
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});

test("a copy with which the store does not start is put away again, and the one before is back", { timeout: 240_000 }, async () => {
  await course.ingest();
  const { backup } = await create();
  await course.ingest(TEA);
  await rm(backup.path.replace(".tar.gz", ".json"));
  const start = control.start;
  control.start = async (how) => {
    if (how?.tryCopy === true) throw new Error("Milvus does not start with this folder");
    await start();
  };
  await expect(restore(backup.path)).rejects.toMatchObject({ code: "restore-failed" });
  expect(await course.files()).toEqual(["tea.md"]);
  expect(await rename(join(root, "milvus.before"), join(root, "x")).then(() => true, () => false)).toBe(false);
});
