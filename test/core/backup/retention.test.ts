import { expect, test } from "vitest";
import type { Backup } from "../../../src/contract/backup.ts";
import { coldDay, isColdName, numbered, rowsName } from "../../../src/core/backup/names.ts";
import { outdated } from "../../../src/core/backup/retention.ts";

const backup = (day: number, hour: number, more: Partial<Backup> = {}): Backup => {
  const createdAt = new Date(Date.UTC(2026, 10, day, hour)).toISOString();
  return { path: `/b/${day}-${hour}`, name: `${day}-${hour}`, kind: "rows", course: "rocks", createdAt, provenAt: createdAt, host: null, milvus: null, embedding: null, rows: 1, documents: 1, bytes: 1, encrypted: false, problem: null, ...more };
};
const names = (backups: Backup[]) => backups.map(({ name }) => name).sort();

test("the newest are kept, and the newest of each of the last seven days with any", () => {
  const backups = [20, 19, 17, 16, 12, 9, 5, 2, 1].flatMap((day) => [backup(day, 9), backup(day, 15)]);
  expect(names(outdated(backups, 3))).toEqual(names([backup(19, 9), backup(17, 9), backup(16, 9), backup(12, 9), backup(9, 9), backup(5, 9), backup(2, 9), backup(2, 15), backup(1, 9), backup(1, 15)]).filter((name) => !["20-9", "19-15"].includes(name)));
});

test("each course and kind is counted by itself, and what is not proven or not sound is left to a person", () => {
  const old = [backup(1, 1, { provenAt: null }), backup(1, 2, { problem: { code: "backup-damaged", message: "" } }), backup(1, 3, { course: "rivers" }), backup(1, 4, { kind: "cold" })];
  const many = Array.from({ length: 12 }, (_, index) => backup(10 + index, 0));
  expect(names(outdated([...old, ...many], 1))).toEqual(["10-0", "11-0", "12-0", "13-0", "14-0"]);
});

test("courses of one name are counted each by itself", () => {
  const biology = backup(1, 0, { courseId: "b" });
  const physics = Array.from({ length: 12 }, (_, index) => backup(10 + index, 0, { courseId: "p" }));
  expect(names(outdated([biology, ...physics], 1))).toEqual(["10-0", "11-0", "12-0", "13-0", "14-0"]);
});

test("the last one of a course is never removed", () => {
  expect(outdated([backup(1, 1)], 1)).toEqual([]);
});

test("names sort by time, fit every file system, and are told apart where they would be the same", () => {
  const at = new Date(2026, 10, 24, 8, 5, 2);
  expect(rowsName("Rock Cycle / Gesteine: Übung 3", at)).toBe("rock-cycle-gesteine-u-bung-3-20261124-080502.backup");
  expect(rowsName("火山", at)).toBe("course-20261124-080502.backup");
  expect(numbered("a.backup", (name) => name === "a.backup")).toBe("a-2.backup");
  expect(numbered("milvus-backup-20261124.tar.gz", (name) => name === "milvus-backup-20261124.tar.gz")).toBe("milvus-backup-20261124-2.tar.gz");
  expect([isColdName("milvus-backup-20261124.tar.gz"), isColdName("milvus-backup-20261124-2.tar.gz"), isColdName("other.tar.gz")]).toEqual([true, true, false]);
  expect(coldDay("milvus-backup-20261124.tar.gz")).toBe("2026-11-24T00:00:00.000Z");
});
