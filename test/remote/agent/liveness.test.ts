import { expect, test } from "vitest";
import { untilSilent, type Probe } from "../../../remote/agent/liveness.ts";
import { FakeClock } from "../../fakes/clock.ts";

const LIMITS = { everyMs: 15_000, timeoutMs: 10_000, misses: 3 };

/** Watches what `probe` answers; `silentMs()` is undefined while the service is taken to be well. */
function watch(probe: Probe, clock: FakeClock) {
  const end = new AbortController();
  let silentMs: number | null | undefined;
  void untilSilent(probe, LIMITS, clock, end.signal).then((ms) => (silentMs = ms));
  return { silentMs: () => silentMs, end: () => end.abort() };
}

test("only that many misses in a row count, told as the time since the last answer", async () => {
  const clock = new FakeClock();
  // A miss is no answer in time, a wrong one, or a refused connection.
  const miss: Probe[] = [(signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve(false))), async () => false, () => Promise.reject(new Error("refused"))];
  const answers: Probe[] = [miss[0]!, miss[1]!, async () => true, miss[2]!, miss[0]!, async () => true, ...miss];
  const { silentMs } = watch((signal) => answers.shift()!(signal), clock);
  await clock.advance(15_000 * 8 + 10_000 * 3);
  expect(silentMs()).toBeUndefined();
  await clock.advance(15_000);
  expect(silentMs()).toBe(15_000 * 3 + 10_000);
  expect([answers.length, clock.sleeping]).toEqual([0, 0]);
});

test("an answer that comes in time is one, however late", async () => {
  const clock = new FakeClock();
  const { silentMs, end } = watch((signal) => clock.sleep(LIMITS.timeoutMs - 1, signal).then(() => true), clock);
  await clock.advance(3_600_000);
  expect(silentMs()).toBeUndefined();
  end();
  await clock.advance(0);
  expect([silentMs(), clock.sleeping]).toEqual([null, 0]);
});

test.each([["between two probes", 1_000], ["in the middle of one", 16_000]])("watching ends with the service: %s", async (_, when) => {
  const clock = new FakeClock();
  const { silentMs, end } = watch(() => new Promise(() => {}), clock);
  await clock.advance(when);
  end();
  await clock.advance(0);
  expect([silentMs(), clock.sleeping]).toEqual([null, 0]);
});

test("a computer that slept is no silence", async () => {
  const clock = new FakeClock();
  const { silentMs } = watch(async () => true, clock);
  await clock.advance(20_000);
  await clock.jump(8 * 3_600_000);
  await clock.advance(60_000);
  expect(silentMs()).toBeUndefined();
});
