import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { ErrorReport } from "../../../src/contract/errors.ts";

/** Only there can a stick be mounted without being root, and without anybody else seeing it. */
const namespaces = spawnSync("unshare", ["-rm", "true"]).status === 0;

async function onAStick(scene: string) {
  const place = mkdtempSync(join(tmpdir(), "mentor-stick-"));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const { stdout } = await promisify(execFile)("unshare", ["-rm", process.execPath, join(import.meta.dirname, "on-a-stick.ts"), scene, place]);
  return JSON.parse(stdout) as { told: ErrorReport | null; first: string | null; there: { name: string; problem: ErrorReport | null }[]; left: string[]; fetchedAgain: string[] | null };
}

test.skipIf(!namespaces)("a stick without room is told before anything is fetched", async () => {
  const { told, there } = await onAStick("no room");
  expect(told).toMatchObject({ code: "disk-full", message: expect.stringContaining("not enough room"), advice: expect.stringContaining("remove old backups") });
  expect(there).toEqual([]);
});

test.skipIf(!namespaces).each([
  ["full", "disk-full", "not enough room"],
  ["read-only", "backup-failed", "Nothing can be written"],
])("a stick that is %s keeps the backup before, whole", async (scene, code, message) => {
  const { told, first, there, left } = await onAStick(scene);
  expect(told).toMatchObject({ code, message: expect.stringContaining(message) });
  expect(there).toEqual([{ name: first, problem: null }]);
  expect(left.filter((name) => !name.startsWith(".partial-"))).toEqual([]);
});

test.skipIf(!namespaces)("a stick that is pulled out while it is written is asked for again, and goes on with what had arrived", async () => {
  const { told, first, there, left, fetchedAgain } = await onAStick("pulled");
  expect(told).toMatchObject({ code: "stick-removed", advice: expect.stringContaining("Plug the same stick in again") });
  expect(fetchedAgain).toEqual([]);
  expect(there).toEqual([{ name: expect.not.stringMatching(first!), problem: null }, { name: first, problem: null }]);
  expect(left).toEqual([]);
});
