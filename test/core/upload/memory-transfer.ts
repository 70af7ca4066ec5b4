import { BufferPool } from "../../../src/core/upload/buffer-pool.ts";
import { ChunkFeed } from "../../../src/core/upload/chunk-feed.ts";
import { openHasher } from "../../../src/core/upload/hasher.ts";
import { LanePolicy } from "../../../src/core/upload/lane-policy.ts";
import type { LineDelay } from "../../../src/core/upload/line-delay.ts";
import { Mirror } from "../../../src/core/upload/mirror.ts";
import { Transfer } from "../../../src/core/upload/transfer.ts";
import { UploadMeter } from "../../../src/core/upload/upload-meter.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { seededBytes } from "../../parts/seeded.ts";
import { memorySource, type MemoryHost } from "./memory-host.ts";

export const CHUNK = 16;
export const COUNT = 24;
export const content = seededBytes(7, COUNT * CHUNK - 5);
export const chunkOf = (index: number): Buffer => content.subarray(index * CHUNK, (index + 1) * CHUNK);

/** A transfer of `content` to a host in memory, by a clock of its own. */
export function transferTo(host: MemoryHost, { claims = new Map<number, string>(), lanes = 4, buffers = 12, withMirror = false } = {}) {
  const clock = new FakeClock();
  const cancel = new AbortController();
  const source = memorySource(content);
  const feed = new ChunkFeed(source, CHUNK, undefined, claims, openHasher(content.length, true), new BufferPool(CHUNK, buffers));
  const meter = new UploadMeter(clock, content.length, () => ({ lanes: transfer.lanes, reading: false, detail: "" }), undefined);
  const delay = { measure: () => {}, read: () => null } as unknown as LineDelay;
  const mirror = new Mirror({ url: "https://mirror.example/model.gguf" });
  const fill = withMirror ? { mirror, openLane: host.open, given: host.open() } : undefined;
  const transfer: Transfer = new Transfer({ openLane: host.open, feed, meter, policy: new LanePolicy(lanes, lanes), delay, count: COUNT, clock, signal: cancel.signal, fill });
  return { clock, cancel, source, feed, meter, mirror, transfer };
}

export const whole = (host: MemoryHost): Buffer => Buffer.concat(Array.from({ length: COUNT }, (_, index) => host.landed.get(index)!));
