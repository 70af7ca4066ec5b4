import { expect, test } from "vitest";
import { Patience } from "../../../src/core/upload/patience.ts";
import { FakeClock } from "../../fakes/clock.ts";

/** Fails again and again, each attempt after `attemptMs`, and looks every 20 s; resolves with the minutes until it was given up. */
async function minutesUntilGivenUp(attemptMs: number): Promise<number> {
  const clock = new FakeClock();
  const patience = new Patience(clock, new AbortController().signal);
  const started = clock.now();
  for (;;) {
    await clock.advance(attemptMs);
    const outcome = patience.pause(new Error("no answer")).then(() => "goes on", () => "gives up");
    await clock.advance(20_000);
    if ((await outcome) === "gives up") return (clock.now() - 20_000 - started) / 60_000;
  }
}

test("gives up after ten minutes without a chunk", async () => {
  const minutes = await minutesUntilGivenUp(2_000);
  expect(minutes).toBeGreaterThan(9);
  expect(minutes).toBeLessThan(12);
});

test("a laptop that was closed for the night goes on in the morning, whichever way its clock jumped", async () => {
  const clock = new FakeClock();
  const patience = new Patience(clock, new AbortController().signal);
  await clock.advance(5_000);
  patience.advanced();
  for (const jump of [9 * 3_600_000, -86_400_000]) {
    await clock.jump(jump);
    const paused = patience.pause(new Error("the line was cut"));
    await clock.advance(1_000);
    await expect(paused).resolves.toBeUndefined();
  }
});

test("lanes that drop together wait together", async () => {
  const clock = new FakeClock();
  const patience = new Patience(clock, new AbortController().signal);
  const waits = [1, 2, 3].map(() => patience.pause(new Error("cut")));
  expect(clock.sleeping).toBe(1);
  await clock.advance(1_000);
  await Promise.all(waits);
});
