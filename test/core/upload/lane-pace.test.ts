import { expect, test } from "vitest";
import { LanePace } from "../../../src/core/upload/lane-pace.ts";

const CHUNK = 512 * 1024;

/** Delivers chunks at `rate` bytes per second, `inFlight` at a time. */
function deliver(pace: LanePace, rate: number, inFlight: number): void {
  const chunkMs = (CHUNK / rate) * 1000;
  const proven: ((now: number) => void)[] = [];
  for (let index = 0; index < 30; index++) {
    proven.push(pace.sending(index * chunkMs));
    proven[index - inFlight + 1]?.((index + 1) * chunkMs);
  }
}

test("a lane carries one chunk, and what its line holds", () => {
  const fast = new LanePace(100, CHUNK);
  expect(fast.depth).toBe(5); // before anything is known: all that SSH's window takes
  deliver(fast, 15e6, 4);
  expect(fast.depth).toBe(5);
  const slow = new LanePace(150, CHUNK);
  deliver(slow, 0.5e6, 2);
  expect(slow.depth).toBe(1);
});
