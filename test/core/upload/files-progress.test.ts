import { expect, test } from "vitest";
import type { Progress } from "../../../src/contract/progress.ts";
import { FilesProgress } from "../../../src/core/upload/files-progress.ts";

const report = (done: number, total: number, more: Partial<Progress> = {}): Progress => ({ done, total, unit: "bytes", rate: 10, etaSeconds: (total - done) / 10, detail: "", ...more });

test("several files are one wait: what is left of the others counts, at the rate of the one on its way", () => {
  const files = new FilesProgress([100, 400, 500]);
  expect(files.of(report(50, 100, { etaRange: { least: 4, most: 6 } }))).toMatchObject({ done: 50, total: 1000, etaSeconds: 95, etaRange: { least: 76, most: 114 } });
  files.arrived(100);
  expect(files.of(report(200, 400))).toMatchObject({ done: 300, total: 1000, etaSeconds: 70 });
});

test("a file that has just begun is timed by the rate before it; its end is not the end", () => {
  const files = new FilesProgress([100, 400]);
  files.of(report(50, 100));
  files.arrived(100);
  expect(files.of(report(0, 400, { rate: null, etaSeconds: null }))).toMatchObject({ rate: 10, etaSeconds: 40 });
  expect(new FilesProgress([100, 400]).of(report(100, 100, { etaSeconds: 0 }))).toMatchObject({ done: 100, etaSeconds: 40 });
  expect(new FilesProgress([100]).of(report(0, 100, { rate: null, etaSeconds: null })).etaSeconds).toBeNull();
});
