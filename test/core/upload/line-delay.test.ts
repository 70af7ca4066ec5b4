import { expect, test } from "vitest";
import type { Host } from "../../../src/core/ports.ts";
import { LineDelay } from "../../../src/core/upload/line-delay.ts";
import { FakeClock } from "../../fakes/clock.ts";

/** A host that answers each question after the next of `answers` milliseconds. */
function measured(...answers: number[]) {
  const clock = new FakeClock();
  const host = { roundTripMs: 40, ping: () => clock.sleep(answers.shift() ?? Infinity) } as unknown as Host;
  return { clock, delay: new LineDelay(host, clock) };
}

test("the shortest of the latest answers counts; before there are enough nothing is said", async () => {
  const { clock, delay } = measured(50, 300, 60, 90, 95, 100);
  const seen: (number | null)[] = [];
  for (let look = 0; look < 6; look++) {
    delay.measure();
    await clock.advance(300);
    seen.push(delay.read()?.now ?? null);
  }
  expect(seen).toEqual([null, null, 50, 60, 60, 90]);
  expect(delay.read()!.way).toBe(40);
});

test("a question that was lost is no queue; one that is out for long is", async () => {
  const { clock, delay } = measured(50, 50, 50, 5_000);
  for (let look = 0; look < 4; look++) {
    delay.measure();
    await clock.advance(100);
  }
  expect(delay.read()!.now).toBe(50);
  await clock.advance(1_500);
  expect(delay.read()!.now).toBe(1_600);
});
