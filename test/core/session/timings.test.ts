import { expect, test } from "vitest";
import type { JournalEntry } from "../../../src/core/session/entries.ts";
import { PLAN } from "../../../src/core/session/plan.ts";
import { expectedSeconds, timingsOf } from "../../../src/core/session/timings.ts";
import type { SessionTimings } from "../../../src/contract/session.ts";
import { PracticeRun } from "./practice-run.ts";

const at = (second: number): string => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();

test("timings are differences in the journal: of the try that succeeded, not of an adoption", () => {
  const entries: JournalEntry[] = [
    { type: "session-begun", at: at(0), sessionId: "s", request: { stick: "/s", host: { kind: "local" } } },
    { type: "step-begun", at: at(1), step: "connect", adopt: false },
    { type: "step-failed", at: at(5), step: "connect", error: { code: "host-silent", message: "" }, facts: {} },
    { type: "step-begun", at: at(60), step: "connect", adopt: false },
    { type: "step-done", at: at(62.5), step: "connect", outcome: null, skipped: false, adopted: false, facts: {} },
    { type: "ready", at: at(70) },
    { type: "session-recovered", at: at(500) },
    { type: "step-begun", at: at(500), step: "connect", adopt: true },
    { type: "step-done", at: at(501), step: "connect", outcome: null, skipped: false, adopted: true, facts: {} },
    { type: "ready", at: at(502) },
  ];
  expect(timingsOf(entries)).toEqual({
    sessionId: "s",
    host: "local",
    startedAt: at(0),
    readySeconds: 70,
    steps: [{ id: "connect", startedAt: at(60), seconds: 2.5 }],
  });
  expect(timingsOf(entries.slice(0, 3))).toMatchObject({ readySeconds: null, steps: [] });
  expect(timingsOf([])).toBeNull();
});

test("estimates are medians of this kind of host; what was never measured keeps its share of the plan", () => {
  const session = (host: "local" | "ssh", seconds: number): SessionTimings => ({
    sessionId: "s", host, startedAt: at(0), readySeconds: null, steps: [{ id: "upload-model", startedAt: at(0), seconds }],
  });
  const expected = expectedSeconds(PLAN, [session("ssh", 100), session("ssh", 900), session("ssh", 120), session("local", 1)], "ssh");
  expect(expected.get("upload-model")).toBe(120);
  // 120 s for a weight of 50: 2.4 s for each unit of weight.
  expect(expected.get("install-kit")).toBeCloseTo(6 * 2.4);
  expect(expectedSeconds(PLAN, [], "ssh").get("install-kit")).toBe(6);
});

test("the second session's bar knows how long the first one's steps took", async () => {
  const run = new PracticeRun();
  run.script("upload-model", { run: async ({ signal }) => run.clock.sleep(30_000, signal) });
  await run.startAndSettle();
  await run.clock.advance(30_000);
  expect((await run.calm()).phase).toBe("ready");
  await run.session.stop();
  await run.calm();
  const second = await run.startAndSettle();
  expect(second.steps.find(({ id }) => id === "upload-model")!.weight).toBe(30);
});
