import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { ChunkFeed } from "../../../src/core/upload/chunk-feed.ts";
import type { UploadLane } from "../../../src/core/upload/lane.ts";
import { Transfer } from "../../../src/core/upload/transfer.ts";
import { UploadMeter } from "../../../src/core/upload/upload-meter.ts";
import { FakeClock } from "../../fakes/clock.ts";

const CHUNK = 16;
const BYTES = 12 * CHUNK;

test("the lane that is left over at the end is still alive: the file is finished over it", async () => {
  const source = { name: "model", bytes: BYTES, read: async (_offset: number, length: number) => Buffer.alloc(length, 7), requireUnchanged: async () => {}, close: async () => {} };
  const signalOf = new Map<UploadLane, AbortSignal>();
  // A lane's far end lives as long as the signal it was opened with.
  const openLane = async (signal: AbortSignal) => {
    const lane = { survey: async () => ({ chunks: new Map() }), send: async (_index: number, _offset: number, bytes: Buffer) => createHash("sha256").update(bytes).digest("hex"), heard: () => null, close: async () => {} } as unknown as UploadLane;
    signalOf.set(lane, signal);
    return lane;
  };
  const clock = new FakeClock();
  const signal = new AbortController().signal;
  const first = await openLane(signal);
  const lanes: UploadLane[] = [];
  const meter = new UploadMeter(clock, BYTES, () => ({ lanes, reading: false, detail: "" }), undefined);
  const transfer = new Transfer({ openLane, feed: new ChunkFeed(source, CHUNK, undefined, new Map()), meter, clock, signal, laneLimit: 4, lanes });
  await transfer.run(first);
  expect(meter.done).toBe(BYTES);
  expect(signalOf.size).toBe(4);
  expect([...signalOf.values()].map(({ aborted }) => aborted)).toEqual([false, false, false, false]);
  expect(signalOf.has(transfer.idleLane!)).toBe(true);
  expect(clock.sleeping).toBe(0);
});
