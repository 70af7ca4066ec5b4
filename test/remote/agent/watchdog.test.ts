import { expect, test } from "vitest";
import { Watchdog } from "../../../remote/agent/watchdog.ts";
import { FakeClock } from "../../fakes/clock.ts";

const NEVER = { deadlineInSeconds: null, silenceSeconds: null };

test("a watchdog that is not armed lets everything run", async () => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(() => clock.now());
  await clock.advance(1e9);
  expect(watchdog.verdict()).toBeNull();
  expect(watchdog.status()).toBeNull();
  watchdog.arm(NEVER);
  expect(watchdog.verdict()).toBeNull();
  expect(watchdog.status()?.armed).toBe(false);
});

test("the deadline ends the session whatever the desktop says", async () => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(() => clock.now());
  watchdog.arm({ ...NEVER, deadlineInSeconds: 60 });
  await clock.advance(59_999);
  watchdog.heartbeat();
  expect(watchdog.verdict()).toBeNull();
  await clock.advance(1);
  expect(watchdog.verdict()).toContain("time is over");
});

test("silence ends it, counted from the last heartbeat or command", async () => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(() => clock.now());
  watchdog.arm({ ...NEVER, silenceSeconds: 10 });
  await clock.advance(9_000);
  watchdog.heartbeat();
  await clock.advance(9_000);
  watchdog.activity();
  await clock.advance(9_999);
  expect(watchdog.verdict()).toBeNull();
  await clock.advance(1);
  expect(watchdog.verdict()).toContain("nobody was there for 10 s");
  expect(watchdog.status()).toMatchObject({ unheardSeconds: 19, unusedSeconds: 10 });
});

test("an idle time is ended by use alone: heartbeats do not keep it alive", async () => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(() => clock.now());
  watchdog.arm({ ...NEVER, idleSeconds: 60 });
  await clock.advance(30_000);
  watchdog.activity();
  await clock.advance(59_999);
  watchdog.heartbeat();
  expect(watchdog.verdict()).toBeNull();
  await clock.advance(1);
  expect(watchdog.verdict()).toContain("nobody used it for 60 s");
  watchdog.activity();
  expect(watchdog.verdict()).toBeNull();
});

test("what is told of it are durations, so that nobody compares two clocks", async () => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(() => clock.now());
  watchdog.arm({ ...NEVER, deadlineInSeconds: 60 }, { proven: true, provenAt: "then", reason: null });
  await clock.advance(20_000);
  expect(watchdog.status()).toMatchObject({ armed: true, deadlineInSeconds: 40, unusedSeconds: 20, podGuard: { proven: true } });
});
