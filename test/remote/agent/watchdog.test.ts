import { expect, test } from "vitest";
import { Watchdog } from "../../../remote/agent/watchdog.ts";
import { FakeClock } from "../../fakes/clock.ts";

const NEVER = { deadlineAt: null, silenceSeconds: null };

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
  watchdog.arm({ ...NEVER, deadlineAt: new Date(clock.now() + 60_000).toISOString() });
  await clock.advance(59_999);
  watchdog.heartbeat();
  expect(watchdog.verdict()).toBeNull();
  await clock.advance(1);
  expect(watchdog.verdict()).toContain("time ended");
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
  expect(watchdog.status()?.lastHeartbeatAt).toBe(new Date(Date.UTC(2026, 0, 1) + 9_000).toISOString());
});

test("an idle time is ended by use alone: heartbeats do not keep it alive, and use that is told late counts from when it was", async () => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(() => clock.now());
  watchdog.arm({ ...NEVER, idleSeconds: 60 });
  await clock.advance(50_000);
  watchdog.heartbeat();
  watchdog.activity(clock.now() - 20_000);
  await clock.advance(39_999);
  expect(watchdog.verdict()).toBeNull();
  await clock.advance(1);
  expect(watchdog.verdict()).toContain("nobody used it for 60 s");
  watchdog.activity(clock.now() + 1e9);
  expect(watchdog.verdict()).toBeNull();
});

test("a deadline in seconds is the host's own, whatever the desktop's clock says", async () => {
  const clock = new FakeClock();
  const watchdog = new Watchdog(() => clock.now());
  watchdog.arm({ ...NEVER, deadlineInSeconds: 60 }, { proven: true, provenAt: "then", reason: null });
  expect(watchdog.status()).toMatchObject({ armed: true, deadlineAt: new Date(clock.now() + 60_000).toISOString(), podGuard: { proven: true } });
  await clock.advance(60_000);
  expect(watchdog.verdict()).toContain("time ended");
});
