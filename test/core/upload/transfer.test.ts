import { expect, test } from "vitest";
import { settled } from "../../fakes/clock.ts";
import { MemoryHost, sha256, type Carry, type MemoryLane } from "./memory-host.ts";
import { chunkOf, content, CHUNK, COUNT, transferTo, whole } from "./memory-transfer.ts";

test("brings every chunk once, with the hashes of all, and hands back a lane that is open", async () => {
  const host = new MemoryHost();
  const { transfer, feed, meter, source, clock } = transferTo(host);
  const idle = await transfer.run([]);
  expect(whole(host).equals(content)).toBe(true);
  expect(meter.done).toBe(content.length);
  expect(transfer.bytesSent).toBe(content.length);
  expect(source.reads).toEqual(Array.from({ length: COUNT }, (_, index) => index * CHUNK));
  expect((await feed.manifest()).sha256).toBe(sha256(content));
  expect(host.lanes.filter(({ closed }) => !closed)).toEqual([idle]);
  expect(clock.sleeping).toBe(0);
});

test("a chunk that is late on one lane goes on another too, and the first to land counts", async () => {
  let late: (() => void) | undefined;
  const carry: Carry = (index) => (index === 5 && late === undefined ? new Promise((resolve) => (late = resolve)) : undefined);
  const host = new MemoryHost(carry);
  const { transfer, clock } = transferTo(host);
  const running = transfer.run([]);
  await settled();
  expect(host.landed.size).toBe(COUNT - 1);
  await clock.advance(1_300);
  await running;
  expect(host.sends.get(5)).toBe(2);
  expect(whole(host).equals(content)).toBe(true);
  // The lane that still carries it is cut off: nothing arrives after the end.
  late!();
  expect(host.lanes.filter(({ closed }) => !closed)).toHaveLength(1);
});

test.each([0, 5, COUNT - 1])("the lane that is handed back has nothing on it, also where it was the one with the late chunk %i", async (index) => {
  let late: MemoryLane | undefined;
  const host = new MemoryHost((sent, lane) => (sent === index && late === undefined ? ((late = lane), new Promise(() => {})) : undefined));
  const { transfer, clock } = transferTo(host);
  const running = transfer.run([]);
  await settled();
  await clock.advance(1_300);
  const idle = await running;
  expect(idle).not.toBe(late);
  expect([late!.closed, idle !== undefined && host.lanes.filter(({ closed }) => !closed)]).toEqual([true, [idle]]);
});

test("a lane that drops is replaced, and what had landed on it is checked, not sent again", async () => {
  let dropped = false;
  const carry: Carry = async (index, lane) => {
    if (index !== 3 || dropped) return;
    dropped = true;
    // It lands, but the word of it is lost.
    host.landed.set(3, chunkOf(3));
    lane.drop();
    await new Promise(() => {});
  };
  const host: MemoryHost = new MemoryHost(carry);
  const { transfer, clock } = transferTo(host);
  const running = transfer.run([]);
  await settled();
  await clock.advance(2_000);
  await running;
  expect(host.sends.get(3)).toBe(1);
  expect(whole(host).equals(content)).toBe(true);
});

test("what the host claims to have is checked, and sent where the claim is false", async () => {
  const host = new MemoryHost();
  const claims = new Map<number, string>();
  for (const index of [0, 1, 2, 3]) {
    const chunk = chunkOf(index);
    claims.set(index, sha256(chunk));
    host.landed.set(index, index === 2 ? Buffer.alloc(CHUNK) : chunk);
  }
  const { transfer, feed } = transferTo(host, { claims });
  await transfer.run([]);
  expect(whole(host).equals(content)).toBe(true);
  expect(transfer.bytesSent).toBe(content.length - 3 * CHUNK);
  expect((await feed.manifest()).sha256).toBe(sha256(content));
});

test("no more memory is used than given, however slow the lanes", async () => {
  const carried: (() => void)[] = [];
  const host = new MemoryHost(() => new Promise((resolve) => carried.push(resolve)));
  const { transfer, source } = transferTo(host, { lanes: 4, buffers: 6 });
  const running = transfer.run([]);
  await settled();
  expect(source.reads).toHaveLength(6);
  while (host.landed.size < COUNT) {
    carried.shift()?.();
    await settled();
  }
  await running;
  expect(whole(host).equals(content)).toBe(true);
});

test("cancelled, it ends at once with every lane closed, also while it waits for memory", async () => {
  const host = new MemoryHost(() => new Promise(() => {}));
  const { transfer, cancel, clock } = transferTo(host, { lanes: 4, buffers: 6 });
  const running = transfer.run([]);
  running.catch(() => {});
  await settled();
  cancel.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect(host.lanes.every(({ closed }) => closed)).toBe(true);
  expect(clock.sleeping).toBe(0);
});
