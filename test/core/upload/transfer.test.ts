import { expect, test } from "vitest";
import { BufferPool } from "../../../src/core/upload/buffer-pool.ts";
import { ChunkFeed } from "../../../src/core/upload/chunk-feed.ts";
import { openHasher } from "../../../src/core/upload/hasher.ts";
import { LanePolicy } from "../../../src/core/upload/lane-policy.ts";
import type { LineDelay } from "../../../src/core/upload/line-delay.ts";
import { Transfer } from "../../../src/core/upload/transfer.ts";
import { UploadMeter } from "../../../src/core/upload/upload-meter.ts";
import { FakeClock, settled } from "../../fakes/clock.ts";
import { seededBytes } from "../../parts/seeded.ts";
import { MemoryHost, memorySource, sha256, type Carry, type MemoryLane } from "./memory-host.ts";

const CHUNK = 16;
const COUNT = 24;
const content = seededBytes(7, COUNT * CHUNK - 5);

function transferTo(host: MemoryHost, { claims = new Map<number, string>(), lanes = 4, buffers = 12 } = {}) {
  const clock = new FakeClock();
  const cancel = new AbortController();
  const source = memorySource(content);
  const feed = new ChunkFeed(source, CHUNK, undefined, claims, openHasher(content.length, true), new BufferPool(CHUNK, buffers));
  const meter = new UploadMeter(clock, content.length, () => ({ lanes: transfer.lanes, reading: false, detail: "" }), undefined);
  const delay = { measure: () => {}, read: () => null } as unknown as LineDelay;
  const transfer: Transfer = new Transfer({ openLane: host.open, feed, meter, policy: new LanePolicy(lanes, lanes), delay, count: COUNT, clock, signal: cancel.signal });
  return { clock, cancel, source, feed, meter, transfer };
}

const whole = (host: MemoryHost) => Buffer.concat(Array.from({ length: COUNT }, (_, index) => host.landed.get(index)!));

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
    host.landed.set(3, content.subarray(3 * CHUNK, 4 * CHUNK));
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
    const chunk = content.subarray(index * CHUNK, (index + 1) * CHUNK);
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
