import { createRouterClient } from "@orpc/server";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import { fileSecrets } from "../../../src/adapters/local/secrets.ts";
import type { Backup } from "../../../src/contract/backup.ts";
import { ERRORS, MentorError, type ErrorCode } from "../../../src/contract/errors.ts";
import { createBackup } from "../../../src/core/backup/create.ts";
import { kitProgram } from "../../../src/core/kit/install.ts";
import { SessionFacts } from "../../../src/core/session/facts.ts";
import { BackupPassphrase } from "../../../src/main/host/backups/passphrase.ts";
import { SessionBackups } from "../../../src/main/host/backups/session-backups.ts";
import type { Core } from "../../../src/main/host/core.ts";
import { createRouter } from "../../../src/main/host/router.ts";
import { SettingsStore } from "../../../src/main/host/settings-store.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { FakeCourseStore } from "../../fakes/course-store.ts";
import { BackedUpCourse } from "../../parts/backed-up-course.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";
import { run } from "./run.ts";

const PASSPHRASE = "a stone a day";
const NEVER = new AbortController().signal;
const TEA = { "tea.md": "# Tea\n\nTea is picked by hand." };

let root: string;
let milvus: RunningMilvus;
let course: BackedUpCourse;
let facts: SessionFacts;
let session: SessionFacts | null;
let settings: SettingsStore;
/** The command line's own core: the real router and the real backups, with a session that is given. */
let core: { connect: Parameters<typeof run>[0]["connect"] };

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "mentor-cli-backup-"));
  // Its folder is this test's: it outlives the stop that a cold copy needs.
  milvus = await startMilvus({ dataDir: join(root, "milvus") });
}, 240_000);
afterAll(async () => {
  await milvus.stop();
  await rm(root, { recursive: true, force: true });
});
beforeEach(async () => {
  course = await BackedUpCourse.open(milvus.address);
  const dataFolder = join(course.folder, "app");
  await mkdir(dataFolder);
  await mkdir(join(course.folder, "stick"), { recursive: true });
  facts = new SessionFacts();
  facts.set("endpoints", [{ service: "api", url: `http://127.0.0.1:${course.api.port}`, moved: false }]);
  facts.set("layout", { courseData: join(course.folder, "data"), milvusData: milvus.dataDir } as never);
  facts.set("hostLabel", "root@pod");
  facts.set("embedding", course.embedding);
  facts.set("courseFolder", join(course.folder, "Rock Cycle"));
  facts.set("ports", { milvus: milvus.port });
  facts.set("report", { python: { path: "python3" } } as never);
  facts.set("kit", { hash: "0", path: join(course.folder, "kit") });
  await facts.hold("host", new LocalHost());
  await facts.hold("key", "k".repeat(40));
  await facts.hold("agent", {
    stopService: () => milvus.stop(),
    startService: async (_: string, { dataDir, port }: { dataDir: string; port: number }) => void (milvus = await startMilvus({ dataDir, port })),
  } as never);
  session = facts;
  settings = new SettingsStore(dataFolder);
  const clock = { now: () => Date.now(), sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)) };
  const running = () => {
    if (session === null) throw new MentorError("session-missing", "No session is running.");
    return session;
  };
  const backups = new SessionBackups({ settings, dataFolder, clock: clock as never, passphrases: new BackupPassphrase(fileSecrets(dataFolder)), running, stick: () => (session === null ? null : join(course.folder, "stick")) });
  const client = createRouterClient(createRouter({ backups } as Core)) as never;
  core = { connect: async () => ({ client, closed: new Promise<void>(() => undefined), close: () => undefined }) };
});
afterEach(() => course.close());

const backup = (words: string[], options: Parameters<typeof run>[2] = {}) => run(core, ["backup", ...words], options);
const listed = async (): Promise<Backup[]> => (await backup(["list", "--json"])).last.backups as Backup[];
/** One block on standard error that names what happened, what was kept and what to do. */
const told = (code: ErrorCode) => expect.stringMatching(new RegExp(`✗ ${ERRORS[code].title}\\n  What happened: .+\\n  Kept: .+\\n  What to do: .+`));

test("a backup is made, listed, verified, restored and had back, for a person and for a program", async () => {
  await course.ingest();
  expect(await backup(["create"])).toMatchObject({ exit: 0, stdout: expect.stringMatching(/Backed up and proven in .*rock-cycle-\d{8}-\d{6}\.backup \(Rock Cycle, 3 passages, .*Milvus lite/) });
  const [made] = await listed();
  expect((await backup(["list", "--json"])).last).toEqual({ folder: course.stick, freeBytes: expect.any(Number), backups: [made] });
  expect(await backup(["create", "--json"])).toMatchObject({ exit: 0, last: { created: { skipped: true, backup: { ...made, provenAt: expect.any(String) } } } });
  expect(await backup(["verify", made!.name, "--json"])).toMatchObject({ exit: 0, last: { verified: { bytes: made!.bytes, backup: { problem: null } } } });
  await course.ingest(TEA);
  expect(await backup(["restore", "--json"])).toMatchObject({ exit: 0, last: { restored: { documents: 2, undoable: true } } });
  expect(await backup(["restore", "--undo"])).toMatchObject({ exit: 0, stdout: expect.stringMatching(/The course is as it was before the last restore: 1 documents, 1 passages\.\n$/) });
  expect(await course.files()).toEqual(["tea.md"]);
});

test("a passphrase is asked for twice, opens the backup and nothing else does; it is shown nowhere and stands in no file", async () => {
  await course.ingest();
  const said: string[] = [];
  const ran = async (words: string[], options: Parameters<typeof run>[2]) => {
    const result = await backup(words, options);
    said.push(result.stdout, result.stderr);
    return result;
  };
  expect(await ran(["create", "--encrypt"], { typed: [PASSPHRASE, "a stone a dax"] })).toMatchObject({ exit: 2, stderr: expect.stringContaining("The two passphrases are not the same.") });
  expect(await ran(["create", "--encrypt"], { piped: "short\n" })).toMatchObject({ exit: 1, stderr: expect.stringContaining("needs 8 characters or more") });
  expect(await listed()).toEqual([]);
  expect(await ran(["create", "--encrypt"], { typed: [PASSPHRASE, PASSPHRASE] })).toMatchObject({ exit: 0, stdout: expect.stringContaining("encrypted") });
  const [{ name }] = (await listed()) as [Backup];

  expect(await ran(["verify", name, "--passphrase", "--json"], { piped: `${PASSPHRASE}\n` })).toMatchObject({ exit: 0 });
  expect(await ran(["verify", name, "--passphrase"], { piped: "another one" })).toMatchObject({ exit: 1, stderr: told("backup-passphrase-wrong") });
  // Its bytes can be proven by whoever cannot read it.
  expect(await ran(["verify", name], {})).toMatchObject({ exit: 0 });
  expect(await ran(["restore", name], {})).toMatchObject({ exit: 1, stderr: told("backup-encrypted") });
  expect(await ran(["restore", name, "--json"], { typed: [PASSPHRASE] })).toMatchObject({ exit: 1, last: { error: { code: "backup-encrypted" } } });
  expect(await ran(["restore", name, "--passphrase"], { piped: "" })).toMatchObject({ exit: 2, stderr: expect.stringContaining("No passphrase was given") });

  await course.ingest(TEA);
  const asked = await ran(["restore", name], { typed: ["another one", PASSPHRASE] });
  expect(asked).toMatchObject({ exit: 0, stdout: expect.stringContaining("2 documents") });
  expect(asked.stderr).toMatch(/^Passphrase of the backup \(not shown\): \nThat did not open it\. Passphrase/);
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);

  expect(said.join("\n")).not.toContain(PASSPHRASE);
  const files = (await readdir(course.folder, { recursive: true, withFileTypes: true })).filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const holding = await Promise.all(files.map(async (file) => ((await readFile(file)).includes(PASSPHRASE) ? [file] : [])));
  expect(files.map((file) => basename(file))).toContain("key.age");
  expect(holding.flat()).toEqual([]);
});

test("a kept passphrase encrypts and opens backups without being asked for, until it is forgotten", async () => {
  await course.ingest();
  expect(await backup(["passphrase"], { piped: "short" })).toMatchObject({ exit: 1 });
  expect(await backup(["passphrase", "--json"], { piped: PASSPHRASE })).toMatchObject({ exit: 0, last: { kept: true } });
  expect((await backup(["create", "--json"])).last).toMatchObject({ created: { backup: { encrypted: true } } });
  expect(await backup(["restore"])).toMatchObject({ exit: 0 });
  expect(await backup(["passphrase", "--forget", "--json"])).toMatchObject({ exit: 0, last: { kept: false } });
  expect(await backup(["restore"])).toMatchObject({ exit: 1, stderr: told("backup-encrypted") });
});

test("a cold copy is made with the store stopped, listed as one, and restored", { timeout: 180_000 }, async () => {
  const node = kitProgram(facts.require("kit").path, "node");
  await mkdir(join(node, ".."), { recursive: true });
  await symlink(process.execPath, node);
  await course.ingest();
  expect(await backup(["create", "--cold", "--encrypt"])).toMatchObject({ exit: 2, stderr: expect.stringContaining("not with --cold") });
  const { pid } = milvus;
  const created = await backup(["create", "--cold", "--json"]);
  expect(created).toMatchObject({ exit: 0, last: { created: { backup: { kind: "cold", course: "Rock Cycle", rows: null, name: expect.stringMatching(/^milvus-backup-\d{8}\.tar\.gz$/) } } } });
  expect(milvus.pid).not.toBe(pid);
  expect((await backup(["list"])).stdout).toContain("whole store");
  await course.ingest(TEA);
  expect(await backup(["restore"])).toMatchObject({ exit: 0, stdout: expect.stringMatching(/The store's folder is that of the copy again: 2 documents, 3 passages\.\n$/) });
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});

test("old backups are removed by the rule, told before where it is only asked, and never what is not sound", async () => {
  const clock = new FakeClock(Date.parse("2026-11-20T08:00:00Z"));
  const store = new FakeCourseStore();
  for (store.version = 1; store.version <= 4; store.version++) {
    await createBackup({ store, folder: course.stick, course: "Rocks", host: "root@pod", appVersion: "0.1.0", keep: 9, clock, signal: NEVER, onProgress: () => {} });
    await clock.advance(60_000);
  }
  await settings.update((all) => ({ ...all, backup: { ...all.backup, keep: 2 } }));
  const [newest, second, third, oldest] = await listed();
  await rm(join(third!.path, "rows-00001.parquet"));
  session = null;
  const where = ["--folder", course.stick];
  expect(await backup(["prune", "--dry-run", ...where])).toMatchObject({ exit: 0, stdout: expect.stringMatching(new RegExp(`^would remove  ${oldest!.name}  .*\n$`)) });
  expect(await readdir(course.stick)).toHaveLength(4);
  expect((await backup(["prune", "--json", ...where])).last).toMatchObject({ pruned: { removed: [{ name: oldest!.name }], kept: [newest, second, { name: third!.name, problem: { code: "backup-damaged" } }].map((one) => ({ name: one!.name })) } });
  expect((await readdir(course.stick)).sort()).toEqual([newest!.name, second!.name, third!.name].sort());
  expect(await backup(["prune", ...where])).toMatchObject({ exit: 0, stdout: "There is nothing to remove.\n" });
});

test("what cannot be done is told by one code: 1 for a failure, 2 for a wrong command, 130 for Ctrl-C", async () => {
  await writeFile(join(course.folder, "notes.txt"), "hello");
  const failures: [string[], ErrorCode][] = [
    [["create"], "input-invalid"],
    [["restore"], "backup-missing"],
    [["verify", "gone.backup"], "backup-missing"],
    [["verify", join(course.folder, "notes.txt")], "backup-unrecognised"],
    [["restore", "--undo"], "restore-nothing-before"],
  ];
  for (const [words, code] of failures) {
    expect({ words, ...(await backup([...words, "--json"])) }).toMatchObject({ words, exit: 1, last: { error: { code } }, stderr: told(code) });
  }
  for (const words of [["verify"], ["nope"], ["create", "--passphrase", "x"], ["create", "rest"], ["restore", "a", "b"]]) expect({ words, ...(await backup(words)) }).toMatchObject({ words, exit: 2, stdout: "" });
  await course.ingest();
  expect(await backup(["create", "--json"], { interrupt: AbortSignal.abort(new DOMException("Interrupted", "AbortError")) })).toMatchObject({ exit: 130, last: { error: { code: "cancelled" } } });
  session = null;
  expect(await backup(["create", "--json"])).toMatchObject({ exit: 1, last: { error: { code: "session-missing" } } });
  expect(await course.files()).toEqual(["engines.txt", "fruit/apples.md"]);
});
