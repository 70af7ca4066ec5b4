import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CourseFolders } from "../../../src/main/host/course-folders.ts";
import { SettingsStore } from "../../../src/main/host/settings-store.ts";

function home() {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-courses-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const make = (name: string) => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };
  /** As the app starts anew. */
  const restarted = () => new CourseFolders(new SettingsStore(folder));
  return { folder, make, restarted };
}

test("course folders are known after a restart, the newest first and each once, and the oldest go", async () => {
  const { make, restarted } = home();
  const folders = Array.from({ length: 10 }, (_, index) => make(`week ${index}`));
  for (const folder of folders) await restarted().keep(folder);
  await restarted().keep(`${folders[5]!}/`);
  expect(await restarted().list()).toEqual([folders[5], folders[9], folders[8], folders[7], folders[6], folders[4], folders[3], folders[2]]);
});

test("what is no folder, or no whole path, is neither kept nor believed", async () => {
  const { folder, make, restarted } = home();
  const course = make("course");
  writeFileSync(join(folder, "file.md"), "");
  for (const other of ["course", "", join(folder, "file.md"), join(folder, "gone")]) await restarted().keep(other);
  expect(await restarted().list()).toEqual([]);
  writeFileSync(join(folder, "settings.json"), JSON.stringify({ courseFolders: ["../elsewhere", course] }));
  expect(await restarted().list()).toEqual([course]);
});

test("folders that two windows read at once are both kept", async () => {
  const { make, restarted } = home();
  const folders = restarted();
  const [one, other] = [make("one"), make("other")];
  await Promise.all([folders.keep(one), folders.keep(other)]);
  expect((await folders.list()).toSorted()).toEqual([one, other]);
});
