import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { putBackStore } from "../../../remote/agent/store-folder.ts";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import { MentorError } from "../../../src/contract/errors.ts";
import { restoreColdCopy } from "../../../src/core/backup/cold.ts";
import type { StoreControl } from "../../../src/core/backup/store-control.ts";
import { FakeCourseStore } from "../../fakes/course-store.ts";

// A store that is no more than its folder: what matters here is what lies on the host when something goes away.
const NEVER = new AbortController().signal;
const LOST = new MentorError("host-lost", "The host does not answer.");

let root: string;
let dataDir: string;
let archive: string;
let control: StoreControl;
let commands: number;
/** Number of the command before which the line goes away for good. */
let cutBefore: number;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "mentor-cold-cut-"));
  dataDir = join(root, "host", "milvus");
  archive = join(root, "milvus-backup-20261101.tar.gz");
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(dataDir, "rows"), "today");
  await mkdir(`${dataDir}.before`);
  await writeFile(join(`${dataDir}.before`, "rows"), "last week");
  await pack(async (folder) => writeFile(join(folder, "rows"), "copy"));
  [commands, cutBefore] = [0, Infinity];
  const local = new LocalHost();
  const onTheLine = <T>(work: () => Promise<T>): Promise<T> => (++commands >= cutBefore ? Promise.reject(LOST) : work());
  const host = Object.assign(Object.create(local) as LocalHost, { exec: ((argv, options) => onTheLine(() => local.exec(argv, options))) as LocalHost["exec"] });
  control = {
    host,
    kind: "lite",
    dataDir,
    backups: join(root, "host", "backups"),
    node: process.execPath,
    stop: () => onTheLine(async () => {}),
    start: (how) => onTheLine(async () => void (how?.tryCopy === true || (await putBackStore(dataDir)))),
  };
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function pack(fill: (folder: string) => Promise<unknown>): Promise<void> {
  const from = join(root, "made");
  await mkdir(join(from, "volumes"), { recursive: true });
  await fill(join(from, "volumes"));
  execFileSync("tar", ["-czf", archive, "-C", from, "volumes"]);
  await rm(from, { recursive: true });
}

const restore = (state: FakeCourseStore["state"] = new FakeCourseStore().state) => {
  const send: FakeCourseStore["send"] = async (id, name, path) => {
    await mkdir(join(control.backups, "incoming", id), { recursive: true });
    await cp(path, join(control.backups, "incoming", id, name));
  };
  return restoreColdCopy({ store: Object.assign(new FakeCourseStore(), { send, state }), control, path: archive, clock: systemClock, signal: NEVER, onProgress: () => {} });
};
const rows = (folder = dataDir): Promise<string> => readFile(join(folder, "rows"), "utf8");

test("a copy takes the store's place, and what was there is kept in that of an earlier one", async () => {
  await restore();
  expect([await rows(), await rows(`${dataDir}.before`)]).toEqual(["copy", "today"]);
  expect((await readdir(join(root, "host"))).sort()).toEqual(["backups", "milvus", "milvus.before"]);
});

test("whichever command the line is lost before, the store has its own folder again at the next start", async () => {
  await restore();
  const all = commands;
  for (let before = 1; before <= all; before++) {
    await rm(join(root, "host"), { recursive: true });
    await mkdir(dataDir, { recursive: true });
    await writeFile(join(dataDir, "rows"), "today");
    [commands, cutBefore] = [0, before];
    const said = await restore().then(() => "restored", (error: MentorError) => error.code);
    await putBackStore(dataDir);
    // After the last command that matters, the copy is proven: only what it leaves behind is not cleared away.
    expect([before, await rows()]).toEqual([before, said === "restored" ? "copy" : "today"]);
  }
});

test("a host that ends between the two moves, or before the copy is proven, has its store again at the next start", async () => {
  await rename(dataDir, `${dataDir}.aside`);
  expect(await putBackStore(dataDir)).toBe(true);
  expect(await rows()).toBe("today");
  await rename(dataDir, `${dataDir}.aside`);
  await mkdir(dataDir);
  await writeFile(join(dataDir, "rows"), "unproven");
  expect(await putBackStore(dataDir)).toBe(true);
  expect(await rows()).toBe("today");
  expect(await putBackStore(dataDir)).toBe(false);
});

test("a store that cannot be stopped is left as it is, with what an earlier copy replaced", async () => {
  const { stop } = control;
  let stops = 0;
  control.stop = () => (++stops === 1 ? Promise.reject(new Error("the agent did not answer")) : stop());
  await expect(restore()).rejects.toMatchObject({ code: "restore-failed", message: expect.stringContaining("as it was") });
  expect([await rows(), await rows(`${dataDir}.before`)]).toEqual(["today", "last week"]);
});

test("a copy that does not answer is put away, and the next one is tried on the store's own folder", async () => {
  let asked = 0;
  const { state } = new FakeCourseStore();
  const silent: FakeCourseStore["state"] = (signal) => (++asked === 2 ? Promise.reject(new Error("no answer")) : state(signal));
  await expect(restore(silent)).rejects.toMatchObject({ code: "restore-failed", message: expect.stringContaining("the one before is back") });
  expect([await rows(), await rows(`${dataDir}.before`)]).toEqual(["today", "last week"]);
  await restore();
  expect([await rows(), await rows(`${dataDir}.before`)]).toEqual(["copy", "today"]);
});

test("an archive with a link in it is refused before the store is stopped", async () => {
  await pack((folder) => symlink("/etc", join(folder, "rows")));
  control.stop = () => Promise.reject(new Error("it was stopped"));
  await expect(restore()).rejects.toMatchObject({ code: "backup-unrecognised", message: expect.stringContaining("links") });
  expect(await rows()).toBe("today");
});
