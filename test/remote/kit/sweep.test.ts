import { mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { sweep, touch } from "../../../remote/kit/sweep.ts";

const DAY_MS = 86_400_000;

test("what is used stays, what was not used for long goes, and a file that is being sent is not changed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sweep-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const ages = { sent: 0.5, used: 20, old: 20 };
  for (const [name, days] of Object.entries(ages)) {
    const then = new Date(Date.now() - days * DAY_MS);
    await writeFile(join(folder, name), name);
    await utimes(join(folder, name), then, then);
  }
  const before = (await stat(join(folder, "sent"))).mtimeMs;
  for (const name of ["sent", "used"]) await touch(join(folder, name));
  await sweep(folder);
  expect((await readdir(folder)).sort()).toEqual(["sent", "used"]);
  expect((await stat(join(folder, "sent"))).mtimeMs).toBe(before);
});
