import { expect, onTestFinished, test } from "vitest";
import { keepRent, type MachineTimer } from "../../../src/core/rent/keeper.ts";
import { newRecord } from "../../../src/core/rent/record.ts";
import { FakeClock } from "../../fakes/clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A session that is ready, and whether the keeper has stopped it. `timer`: what the machine's own says. */
function kept(timer: () => MachineTimer | null) {
  const clock = new FakeClock();
  const over = new AbortController();
  onTestFinished(() => over.abort());
  const record = { ...newRecord("ai-mentor-x", { kind: "runpod", stopAfterSeconds: 4 * 3_600, idleStopSeconds: 1_800 }, new Date(clock.now()).toISOString()), podId: "p1" };
  let stopped = 0;
  const session = { view: () => ({ phase: "ready", rent: record, provider: undefined }) as const, change: async () => {}, stop: async () => void stopped++, machineTimer: async () => timer() };
  void keepRent({ session, clock, log: () => {} }, over.signal);
  return { clock, stopped: () => stopped > 0 };
}

test("a session in use goes on although this computer's clock is set while it runs; its end is the machine's", async () => {
  let left = 4 * 3_600;
  const { clock, stopped } = kept(() => ({ deadlineInSeconds: left, unusedSeconds: 5 }));
  await clock.advance(MINUTE);
  // The network's time comes late, and the clock was hours slow.
  await clock.jump(6 * HOUR);
  await clock.advance(MINUTE);
  expect(stopped()).toBe(false);
  left = 60;
  await clock.advance(MINUTE);
  expect(stopped()).toBe(true);
});

test("it is stopped when it is not used for as long as was said, by the machine's own count", async () => {
  let unused = 1_700;
  const { clock, stopped } = kept(() => ({ deadlineInSeconds: null, unusedSeconds: unused }));
  await clock.advance(MINUTE);
  expect(stopped()).toBe(false);
  unused = 1_790;
  await clock.advance(MINUTE);
  expect(stopped()).toBe(true);
});

test("where the machine cannot be asked, this computer's own clock ends it in time", async () => {
  const { clock, stopped } = kept(() => null);
  await clock.advance(4 * HOUR - 3 * MINUTE);
  expect(stopped()).toBe(false);
  await clock.advance(3 * MINUTE);
  expect(stopped()).toBe(true);
});
