import { expect, test } from "vitest";
import { firstLanes, isFull, LanePolicy, type LaneSample } from "../../../src/core/upload/lane-policy.ts";

const FREE = { way: 100, now: 101 };
const FULL = { way: 100, now: 160 };

/** Asks once for each delay, as if every lane that was wanted were at work; returns what was wanted after each. */
function ask(policy: LanePolicy, delays: LaneSample["delay"][], rate: (lanes: number) => number = (lanes) => lanes * 1e6, busy = 0.1): number[] {
  return delays.map((delay) => policy.next({ lanes: policy.wanted, rate: rate(policy.wanted), delay, busy }));
}

const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

test("begins with lanes enough that their windows fill a fast line", () => {
  expect([0.1, 20, 100, 150, 1_000].map(firstLanes)).toEqual([4, 4, 4, 6, 8]);
});

test("doubles the lanes until the line is full, then leaves them", () => {
  const policy = new LanePolicy(4, 48);
  expect(ask(policy, [null, FREE, FREE, FREE, FULL, FULL])).toEqual([4, 8, 16, 32, 32, 32]);
  // It is not full at every moment; and then a few more are enough.
  expect(ask(policy, [FREE, FREE, FULL, FREE, FREE, FREE])).toEqual([32, 32, 32, 32, 32, 40]);
});

test("goes back by a few when the line stays full, never below the first", () => {
  const policy = new LanePolicy(4, 48);
  ask(policy, times(3, FREE));
  expect(ask(policy, times(10, FULL)).at(-1)).toBe(14);
  expect(ask(policy, times(400, FULL)).at(-1)).toBe(4);
});

test("waits for lanes that are still being opened, and while nothing is sent", () => {
  const policy = new LanePolicy(4, 48);
  expect(policy.next({ lanes: 2, rate: 1e6, delay: FREE, busy: 0 })).toBe(4);
  expect(policy.next({ lanes: 4, rate: 0, delay: FREE, busy: 0 })).toBe(4);
  expect(policy.next({ lanes: 4, rate: 1e6, delay: FREE, busy: 0 })).toBe(4);
  expect(policy.next({ lanes: 3, rate: 1e6, delay: FREE, busy: 0 })).toBe(8);
});

test("a line that no number of lanes fills is tried with fewer, and keeps them where they bring as much", () => {
  const policy = new LanePolicy(4, 16);
  const limited = (lanes: number) => Math.min(lanes, 9) * 1e6;
  ask(policy, times(80, FREE), limited);
  expect(policy.wanted).toBeGreaterThanOrEqual(9);
  expect(policy.wanted).toBeLessThan(16);
  const loses = new LanePolicy(4, 16);
  expect(ask(loses, times(80, FREE)).filter((lanes) => lanes === 16).length).toBeGreaterThan(40);
});

test("waits while the first lanes are still getting up to speed", () => {
  const policy = new LanePolicy(4, 48);
  const rates = [1e6, 10e6, 40e6, 41e6];
  expect(ask(policy, times(4, FREE), () => rates.shift()!)).toEqual([4, 4, 4, 8]);
});

test("a short way and a busy computer count as full", () => {
  expect(isFull({ lanes: 4, rate: 1, delay: { way: 1, now: 1 }, busy: 0 })).toBe(true);
  expect(isFull({ lanes: 4, rate: 1, delay: FREE, busy: 0.95 })).toBe(true);
  expect(isFull({ lanes: 4, rate: 1, delay: FREE, busy: 0.5 })).toBe(false);
  expect(isFull({ lanes: 4, rate: 1, delay: null, busy: 0.5 })).toBe(false);
});
