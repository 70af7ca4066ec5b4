import { expect, test } from "vitest";
import { FairQueue } from "../../../remote/llm/scheduling/queue.ts";

/** Takes all out, in the order of their turns. */
function drained(queue: FairQueue<string>): string[] {
  const taken: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) taken.push(item);
  return taken;
}

function queueOf(limit: number, ...items: string[]): FairQueue<string> {
  const queue = new FairQueue<string>(limit);
  for (const item of items) queue.push(item, item[0]!);
  return queue;
}

test("clients take turns, each its own requests in their order", () => {
  expect(drained(queueOf(16, "a1", "a2", "a3", "a4", "b1", "b2", "c1"))).toEqual(["a1", "b1", "c1", "a2", "b2", "a3", "a4"]);
});

test("whoever comes later is served after one request of each who waits, not after all of them", () => {
  const queue = queueOf(16, "a1", "a2", "a3", "b1", "b2");
  expect(queue.shift()).toBe("a1");
  queue.push("c1", "c");
  expect(drained(queue)).toEqual(["b1", "a2", "c1", "b2", "a3"]);
});

test("a client that always comes back at once keeps nobody from his turn", () => {
  const queue = queueOf(16, "b1", "b2", "b3");
  const order: string[] = [];
  for (let round = 0; round < 6; round++) {
    queue.push(`a${round}`, "a");
    order.push(queue.shift()!);
  }
  expect(order.filter((item) => item.startsWith("b"))).toEqual(["b1", "b2", "b3"]);
});

test("what is first is what is taken, and what left is not", () => {
  const queue = queueOf(16, "a1", "a2", "b1");
  expect(queue.remove("a1")).toBe(true);
  expect(queue.remove("a1")).toBe(false);
  expect(queue.first()).toBe("a2");
  expect(queue.length).toBe(2);
  expect(queue.lengthOf("a")).toBe(1);
  expect(drained(queue)).toEqual(["a2", "b1"]);
  expect(queue.first()).toBeUndefined();
  expect(queue.length).toBe(0);
});

test("the last quarter is kept for clients that have nothing waiting", () => {
  const queue = queueOf(8, "a1", "a2", "a3", "a4", "a5", "a6");
  expect(queue.hasPlaceFor("a", 0)).toBe(false);
  expect(queue.hasPlaceFor("b", 0)).toBe(true);
  queue.push("b1", "b");
  expect(queue.hasPlaceFor("b", 0)).toBe(false);
  queue.push("c1", "c");
  expect(queue.hasPlaceFor("d", 0)).toBe(false);
  expect(queue.hasPlaceFor("d", 1)).toBe(true);
});
