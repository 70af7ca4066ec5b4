import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { systemClock } from "../../../../src/adapters/local/clock.ts";
import { LocalHost } from "../../../../src/adapters/local/host.ts";
import { fileSecrets } from "../../../../src/adapters/local/secrets.ts";
import { ERRORS } from "../../../../src/contract/errors.ts";
import { SessionFacts } from "../../../../src/core/session/facts.ts";
import type { StepContext } from "../../../../src/core/session/step.ts";
import { BackupPassphrase } from "../../../../src/main/host/backups/passphrase.ts";
import { SettingsStore } from "../../../../src/main/host/settings-store.ts";
import { keepCourse } from "../../../../src/main/host/steps/keep-course.ts";
import { restoreCourse } from "../../../../src/main/host/steps/restore-course.ts";
import type { StepTools } from "../../../../src/main/host/steps/tools.ts";
import { BackedUpCourse, COURSE } from "../../../parts/backed-up-course.ts";
import { courseForEach } from "../../../parts/milvus-for-file.ts";

let address: string;
let course: BackedUpCourse;
let tools: StepTools;
let said: string[];

courseForEach((opened, at) => {
  course = opened;
  address = at.address;
});
beforeEach(async () => {
  const dataFolder = join(course.folder, "app");
  await mkdir(join(course.folder, "stick"), { recursive: true });
  await mkdir(dataFolder);
  tools = { dataFolder, settings: new SettingsStore(dataFolder), passphrases: new BackupPassphrase(fileSecrets(dataFolder)), clock: systemClock } as unknown as StepTools;
  said = [];
});

/** As a session on another computer gives it, with this course's API at the end of its tunnel. */
async function context(over: { courseFolder?: string | null; kind?: "local" | "ssh"; withoutBackup?: boolean } = {}): Promise<StepContext> {
  const facts = new SessionFacts();
  facts.set("endpoints", [{ service: "api", url: `http://127.0.0.1:${course.api.port}`, moved: false }]);
  facts.set("layout", { courseData: join(course.folder, "data") } as never);
  facts.set("hostLabel", "root@pod");
  facts.set("embedding", course.embedding);
  facts.set("courseFolder", over.courseFolder ?? null);
  await facts.hold("host", new LocalHost());
  await facts.hold("key", "k".repeat(40));
  await facts.hold("mentor", course.mentor);
  const host = over.kind === "local" ? { kind: "local" as const } : { kind: "ssh" as const, address: "root@pod", identity: "/id" };
  return { sessionId: "s", request: { stick: join(course.folder, "stick"), host }, signal: new AbortController().signal, facts, once: { withoutBackup: over.withoutBackup }, ending: { cancelled: false, wasReady: true, disk: null, evenUnsaved: false }, progress: () => {}, log: (_, text) => said.push(text), checkpoint: async () => {}, line: () => {}, lost: () => {} };
}
const kept = () => readdir(course.stick).catch(() => []);

test("at Stop a rented machine that has stopped already is not asked; its disk counts as unsaved", async () => {
  await course.ingest();
  const at = await context();
  at.facts.set("rent", { podId: "p1", unsavedRows: true } as never);
  await at.facts.hold("provider", { describe: async () => ({ state: "stopped" }) } as never);
  await keepCourse(tools).undo!(at);
  expect(await kept()).toEqual([]);
  expect(at.facts.get("kept")).toEqual([expect.stringMatching(/had stopped before the course could be backed up/)]);
  expect(at.facts.get("rent")).toMatchObject({ unsavedRows: true });
});

test("at Stop the course of a host elsewhere is backed up, told in the receipt, and not again where nothing changed", async () => {
  await course.ingest();
  const step = keepCourse(tools);
  const at = await context();
  expect(await step.run(at)).toEqual({ outcome: `at Stop, to ${course.stick}` });
  await step.undo!(at);
  expect(await kept()).toHaveLength(1);
  expect(at.facts.get("kept")).toEqual([expect.stringMatching(/^The course is backed up in .*\.backup \(3 passages, proven\)\.$/)]);
  await step.undo!(await context());
  expect(await kept()).toHaveLength(1);
});

test("on this computer the course stays where it is, unless the settings say otherwise", async () => {
  await course.ingest();
  await keepCourse(tools).undo!(await context({ kind: "local" }));
  expect(await kept()).toEqual([]);
  await tools.settings.update((settings) => ({ ...settings, backup: { ...settings.backup, atStop: "always" } }));
  await keepCourse(tools).undo!(await context({ kind: "local" }));
  expect(await kept()).toHaveLength(1);
});

test("a backup at Stop that fails asks, with the choice to stop without it; nothing is let go unasked", async () => {
  await course.ingest();
  const blocked = join(course.folder, "a-file");
  await writeFile(blocked, "");
  await tools.settings.update((settings) => ({ ...settings, backup: { ...settings.backup, folder: join(blocked, "backups") } }));
  await expect(keepCourse(tools).undo!(await context())).rejects.toMatchObject({ code: "backup-failed", advice: expect.stringContaining("stop without this backup") });
  expect(ERRORS["backup-failed"]).toMatchObject({ action: "stop-without-backup", costsWhileWaiting: true });
  await keepCourse(tools).undo!(await context({ withoutBackup: true }));
  expect(said.join("\n")).toContain("not backed up, as you asked");
});

test("with a kept passphrase what Stop backs up is encrypted, and the next start opens it", async () => {
  await tools.passphrases.keep("a stone a day");
  await course.ingest();
  await keepCourse(tools).undo!(await context());
  const [name] = await kept();
  expect(await readdir(join(course.stick, name!))).toContain("key.age");
  await course.ingest({ "tea.md": "# Tea\n\nTea is picked by hand." });
  const other = await BackedUpCourse.open(address);
  try {
    const [stick, data] = [join(course.folder, "stick"), join(other.folder, "data")];
    const at = await context();
    at.facts.set("endpoints", [{ service: "api", url: `http://127.0.0.1:${other.api.port}`, moved: false }]);
    at.facts.set("layout", { courseData: data } as never);
    await at.facts.hold("mentor", other.mentor);
    expect(at.request.stick).toBe(stick);
    // Without the passphrase it asks: the course's files alone could be less than what was backed up.
    await tools.passphrases.keep(null);
    await expect(restoreCourse(tools).run(at)).rejects.toMatchObject({ code: "backup-encrypted" });
    expect(await restoreCourse(tools).run({ ...at, once: { withoutBackup: true } })).toMatchObject({ outcome: "no course yet" });
    await tools.passphrases.keep("a stone a day");
    expect(await restoreCourse(tools).run(at)).toMatchObject({ outcome: `2 documents are there, from ${name}` });
    expect(await other.files()).toEqual(["engines.txt", "fruit/apples.md"]);
  } finally {
    await other.close();
  }
});

test("a host without the course gets it from the newest backup, and then only what changed in the folder is read", async () => {
  await course.ingest();
  await keepCourse(tools).undo!(await context({ courseFolder: join(course.folder, "stick", "course") }));
  const [name] = await kept();
  const other = await BackedUpCourse.open(address);
  try {
    const folder = join(course.folder, "stick", "course");
    for (const [file, content] of Object.entries({ ...COURSE, "tea.md": "# Tea\n\nTea is picked by hand." })) {
      await mkdir(join(folder, file, ".."), { recursive: true });
      await writeFile(join(folder, file), content);
    }
    const at = await context({ courseFolder: folder });
    at.facts.set("endpoints", [{ service: "api", url: `http://127.0.0.1:${other.api.port}`, moved: false }]);
    at.facts.set("layout", { courseData: join(other.folder, "data") } as never);
    await at.facts.hold("mentor", other.mentor);
    const outcome = await restoreCourse(tools).run(at);
    expect(outcome).toMatchObject({ outcome: `3 documents, 4 passages, from ${name}` });
    expect(other.llm.embedded).toHaveLength(1);
    expect(await other.files()).toEqual(["engines.txt", "fruit/apples.md", "tea.md"]);
    await rm(folder, { recursive: true });
  } finally {
    await other.close();
  }
});
