import { expect, test } from "vitest";
import { MirrorPace } from "../../../src/core/upload/mirror-pace.ts";
import { MirrorRefusal } from "../../../src/core/upload/mirror.ts";
import { settled } from "../../fakes/clock.ts";
import { MemoryHost, sha256, type Give } from "./memory-host.ts";
import { CHUNK, chunkOf, content, COUNT, transferTo, whole } from "./memory-transfer.ts";

const never = () => new Promise<never>(() => {});
const open = (host: MemoryHost) => host.lanes.filter(({ closed }) => !closed);

test("while the line carries nothing, the mirror brings all, and the stick is read once", async () => {
  const host = new MemoryHost(never, chunkOf);
  const { transfer, source, feed, mirror } = transferTo(host, { withMirror: true });
  const idle = await transfer.run([]);
  expect(whole(host).equals(content)).toBe(true);
  expect(mirror.bytes).toBe(content.length);
  expect(source.reads).toEqual(Array.from({ length: COUNT }, (_, index) => index * CHUNK));
  expect((await feed.manifest()).sha256).toBe(sha256(content));
  expect(open(host)).toEqual([idle]);
});

test("both bring what they can", async () => {
  const host = new MemoryHost(() => settled(), async (index) => (await settled(), chunkOf(index)));
  const { transfer, mirror, meter } = transferTo(host, { withMirror: true });
  await transfer.run([]);
  expect(whole(host).equals(content)).toBe(true);
  expect(meter.done).toBe(content.length);
  expect(mirror.bytes).toBeGreaterThan(0);
  expect(mirror.bytes).toBeLessThan(content.length);
});

test("what is there already counts as kept, whichever lane has looked", async () => {
  const host = new MemoryHost(() => settled(), chunkOf);
  const claims = new Map<number, string>();
  for (let index = 0; index < COUNT - 1; index++) {
    host.landed.set(index, chunkOf(index));
    claims.set(index, sha256(chunkOf(index)));
  }
  const { transfer } = transferTo(host, { claims, withMirror: true });
  await transfer.run([]);
  expect(transfer.bytesKept).toBe((COUNT - 1) * CHUNK);
});

test("a mirror that never answers holds no memory, and what it was asked for is sent when it is late", async () => {
  let asked = 0;
  // The lanes wait until it has been asked for more than there is memory for.
  const enough = Promise.withResolvers<void>();
  const host = new MemoryHost(
    () => enough.promise,
    () => (++asked === 8 && enough.resolve(), never()),
  );
  const { transfer, clock, mirror, source } = transferTo(host, { withMirror: true, lanes: 1, buffers: 6 });
  const running = transfer.run([]);
  await settled();
  expect(host.landed.size).toBe(COUNT - 8);
  for (let look = 0; look < 15; look++) await clock.advance(200);
  const idle = await running;
  expect(whole(host).equals(content)).toBe(true);
  expect(mirror.bytes).toBe(0);
  expect(source.reads).toHaveLength(COUNT + 8);
  expect([open(host), clock.sleeping]).toEqual([[idle], 0]);
});

test.each<[string, string, Give]>([
  ["lies once", "mirror.example sent other bytes than the stick holds", (index) => (index === 9 ? Buffer.alloc(CHUNK) : chunkOf(index))],
  ["refuses each time", "it is closed", () => Promise.reject(new MirrorRefusal("upload-failed", "it is closed"))],
])("a mirror that %s is asked no more, and the rest is sent", async (_, fault, give) => {
  let asked = 0;
  const host = new MemoryHost(() => settled(), async (index) => {
    asked++;
    await settled();
    return give(index);
  });
  const { transfer, mirror } = transferTo(host, { withMirror: true, lanes: 1 });
  const running = transfer.run([]);
  await running;
  expect(whole(host).equals(content)).toBe(true);
  expect(mirror.fault).toBe(fault);
  expect(asked).toBeLessThan(COUNT);
  expect(open(host)).toHaveLength(1);
});

test("a host that cannot hold the mirror's lane loses the mirror, not the upload", async () => {
  const host = new MemoryHost(() => settled(), () => Promise.reject(new Error("disk-full")));
  const { transfer, mirror } = transferTo(host, { withMirror: true });
  await transfer.run([]);
  expect(whole(host).equals(content)).toBe(true);
  expect(mirror.fault).toMatch(/the host cannot fetch from mirror\.example/);
});

test("a stick that holds other bytes when a chunk must be read again ends the upload", async () => {
  const host = new MemoryHost(() => {}, never);
  const { transfer, clock, source } = transferTo(host, { withMirror: true });
  const running = transfer.run([]);
  running.catch(() => {});
  await settled();
  source.read = async (bytes) => void bytes.fill(0);
  await clock.advance(2_000);
  await expect(running).rejects.toMatchObject({ code: "model-changed" });
  expect(open(host)).toEqual([]);
});

test("cancelled, it leaves nothing open", async () => {
  const host = new MemoryHost(never, never);
  const { transfer, cancel, clock } = transferTo(host, { withMirror: true, buffers: 6 });
  const running = transfer.run([]);
  running.catch(() => {});
  await settled();
  cancel.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect([open(host), clock.sleeping]).toEqual([[], 0]);
});

test("asks for more at once while the host waits for questions, and for fewer when it does not", () => {
  const pace = new MirrorPace(8);
  for (let chunk = 0; chunk < 20; chunk++) pace.fetched({ seconds: 0.03, idleSeconds: 0.01 });
  expect(pace.depth).toBe(28);
  for (let chunk = 0; chunk < 64; chunk++) pace.fetched({ seconds: 0.03, idleSeconds: 0.001 });
  expect(pace.depth).toBe(26);
  for (let chunk = 0; chunk < 1_000; chunk++) pace.fetched({ seconds: 0.03, idleSeconds: 0.1 });
  expect(pace.depth).toBe(96);
  // A slow one is not asked for more: a moment's wait is nothing beside what a chunk takes.
  for (let chunk = 0; chunk < 10_000; chunk++) pace.fetched({ seconds: 5, idleSeconds: 0.1 });
  expect(pace.depth).toBe(8);
});
