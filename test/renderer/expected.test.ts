import { expect, test } from "vitest";
import type { SessionTimings, StepState } from "../../src/contract/session.ts";
import { expectedTotal, relevant, usualSeconds } from "../../src/renderer/session/expected.ts";

const START = "2026-11-24T08:00:00.000Z";
const at = (seconds: number): string => new Date(Date.parse(START) + seconds * 1000).toISOString();

const step = (id: StepState["id"], needs: StepState["needs"], more: Partial<StepState> = {}): StepState => ({
  id, title: id, needs, weight: 10, status: "waiting", startedAt: null, endedAt: null, progress: null, outcome: null, error: null, ...more,
});

const session = (factor: number, host: SessionTimings["host"] = "ssh"): SessionTimings => ({
  sessionId: `s${factor}`, host, startedAt: START, readySeconds: 100 * factor,
  steps: [{ id: "upload-model", startedAt: START, seconds: 80 * factor }, { id: "start-milvus", startedAt: START, seconds: 8 * factor }, { id: "start-api", startedAt: START, seconds: 2 * factor }],
});

const HISTORY = [0.9, 1, 1.1, 1, 1.2].map((factor) => session(factor));

test("what runs side by side counts once: the longest way through the plan is the total", () => {
  const steps = [step("upload-model", []), step("start-milvus", []), step("start-api", ["upload-model", "start-milvus"])];
  const { least, likely, most } = expectedTotal(steps, START, HISTORY, Date.parse(START));
  expect(likely).toBeCloseTo(82, 5);
  expect(least).toBeLessThanOrEqual(likely);
  expect(most).toBeGreaterThan(likely);
});

test("a running step's own estimate, and its range, stand above what it usually took", () => {
  const progress = { done: 1, total: 4, unit: "bytes", rate: 1, etaSeconds: 200, etaRange: { least: 150, most: 300 }, detail: "" } as const;
  const steps = [step("upload-model", [], { status: "running", startedAt: at(0), progress }), step("start-api", ["upload-model"])];
  const { least, likely, most } = expectedTotal(steps, START, HISTORY, Date.parse(at(30)));
  expect(likely).toBeCloseTo(30 + 200 + 2, 5);
  expect(least).toBeCloseTo(30 + 150 + 2, 5);
  expect(most).toBeCloseTo(30 + 300 + 2.2, 5);
});

test("what is done counts as it was; the total is never less than the time that has passed", () => {
  const steps = [step("upload-model", [], { status: "done", startedAt: at(0), endedAt: at(12) }), step("start-api", ["upload-model"], { status: "running", startedAt: at(12) })];
  expect(expectedTotal(steps, START, HISTORY, Date.parse(at(50))).likely).toBeCloseTo(50, 5);
});

test("without a measurement it is a wide guess; only sessions that became ready, on this kind of host, count", () => {
  expect(usualSeconds(step("fit", []), HISTORY)).toEqual({ least: 5, likely: 10, most: 20 });
  expect(relevant([...HISTORY, session(3, "local"), { ...session(4), readySeconds: null }], "ssh")).toEqual(HISTORY);
});
