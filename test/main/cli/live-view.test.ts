import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import type { StepState } from "../../../src/contract/session.ts";
import { Output } from "../../../src/main/cli/output.ts";
import { createSessionView, describeProgress } from "../../../src/main/cli/session-view.ts";
import { idleSession } from "../../fakes/core.ts";

const step = (rest: Partial<StepState>): StepState => ({ id: "connect", title: "Reach the host", needs: [], weight: 1, status: "waiting", startedAt: null, endedAt: null, progress: null, outcome: null, error: null, ...rest });

test("a terminal shows every step in its state, with rate, time left and time taken", () => {
  const stdout = Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 40 });
  const output = new Output({ stdout, stderr: stdout, stdin: stdout, cwd: "/", interrupt: new AbortController().signal }, false);
  const view = createSessionView(output, () => Date.parse("2026-11-23T08:01:30Z"));
  view.update({
    ...idleSession(),
    steps: [
      step({ status: "done", outcome: "5.1 GB proven", startedAt: "2026-11-23T08:00:00Z", endedAt: "2026-11-23T08:00:02Z" }),
      step({ title: "Send the model", status: "running", startedAt: "2026-11-23T08:00:00Z", progress: { done: 1.2e9, total: 5.1e9, unit: "bytes", rate: 83e6, etaSeconds: 47, detail: "sending" } }),
      step({ title: "Load the model", status: "failed", startedAt: "2026-11-23T08:00:00Z", error: { code: "service-failed", message: "It ended." } }),
      step({ title: "Start the mentor" }),
    ],
  });
  view.finish();
  const shown = stripVTControlCharacters(String(stdout.read()));
  expect(shown.trimEnd().split("\n").map((line) => line.trimEnd())).toEqual([
    "✓ Reach the host  5.1 GB proven · 2.0 s",
    "▸ Send the model  1.2 GB of 5.1 GB (23 %), 83.0 MB/s, 47 s left, sending  1 min 30 s",
    "✗ Load the model  It ended.",
    "  Start the mentor",
  ]);
});

test.each([
  [{ done: 0, total: null, unit: "steps" as const, rate: null, etaSeconds: null, detail: "waiting for the host" }, "waiting for the host"],
  [{ done: 3, total: 7, unit: "files" as const, rate: 1.5, etaSeconds: 200, detail: "reading" }, "3 of 7 files (42 %), 1.5 files/s, 3 min 20 s left, reading"],
  [{ done: 999, total: 0, unit: "bytes" as const, rate: 0, etaSeconds: null, detail: "" }, "999 bytes of 0 bytes"],
])("progress in words: %j", (progress, words) => expect(describeProgress(progress)).toBe(words));
