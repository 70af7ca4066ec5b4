import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { toErrorReport } from "../../../src/contract/errors.ts";
import { listBackups } from "../../../src/core/backup/backup-folder.ts";
import { createBackup } from "../../../src/core/backup/create.ts";
import { FakeCourseStore } from "../../fakes/course-store.ts";

/**
 * Runs in a mount namespace of its own: mounts a small stick, backs up onto it twice, and does to it
 * during the second what the scene says. Prints what the person is told, and what is on the stick.
 */
const [scene, place] = process.argv.slice(2) as [string, string];
const stick = join(place, "stick");
const folder = join(stick, "backups");
mkdirSync(stick, { recursive: true });
// Pulled out, the stick keeps what is on it.
const inside = join(place, "inside");
mkdirSync(inside);
execFileSync("mount", ["-t", "tmpfs", "-o", `size=${scene === "no room" ? "5m" : "8m"}`, "stick", inside]);
const plugIn = () => execFileSync("mount", ["--bind", inside, stick]);
plugIn();
const store = new FakeCourseStore(500_000);
const back = () => createBackup({ store, folder, course: "Rocks", host: "root@pod", appVersion: "0.1.0", keep: 5, clock: systemClock, signal: new AbortController().signal, onProgress: () => {} });

const first = scene === "no room" ? null : await back();
store.version = 2;
store.beforePiece = (name, offset) => {
  if (name !== "rows-00002.parquet" || offset !== 200_000) return;
  if (scene === "full") {
    try {
      for (let number = 0; ; number++) writeFileSync(join(stick, `ballast-${number}`), Buffer.alloc(100_000));
    } catch {
      // Now it is full.
    }
  }
  if (scene === "pulled") execFileSync("umount", ["-l", stick]);
};
if (scene === "read-only") execFileSync("mount", ["-o", "remount,ro,bind", stick]);
if (scene === "no room") writeFileSync(join(stick, "films"), Buffer.alloc(600_000));
const told = await back().then(
  () => null,
  (error: unknown) => toErrorReport(error),
);
let fetchedAgain: string[] | null = null;
if (scene === "pulled") {
  plugIn();
  store.beforePiece = () => {};
  store.reads = [];
  await back();
  fetchedAgain = store.reads;
}
const there = (await listBackups(folder)).map(({ name, problem }) => ({ name, problem }));
const left = readdirSync(folder).filter((name) => name.startsWith("."));
process.stdout.write(JSON.stringify({ told, first: first?.backup.name ?? null, there, left, fetchedAgain }));
