import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import type { UploadProgress, UploadResult } from "../../../src/contract/upload.ts";
import type { Host } from "../../../src/core/ports.ts";
import { openFileSource, type ChunkSource } from "../../../src/core/upload/source.ts";
import { uploadFile, type UploadOptions } from "../../../src/core/upload/upload.ts";
import { makeFaultyReceiver, type FaultyReceiver } from "../../parts/faulty-receiver.ts";
import { seededBytes } from "../../parts/seeded.ts";
import { sshdMissing } from "../../parts/sshd.ts";
import { openSshHost, openUploadHost, UPLOAD_HOSTS, type OpenHost } from "../../parts/upload-hosts.ts";

const CHUNK_BYTES = 128 * 1024;
const SIZE = 11 * CHUNK_BYTES + 12_345;

let folder: string;
let content: Buffer;
let source: string;
let target: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-faults-"));
  content = seededBytes(2, SIZE);
  source = join(folder, "model.gguf");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let round = 0;
beforeEach(() => {
  writeFileSync(source, content);
  target = join(folder, `host ${round++}`, "model.gguf");
});

function upload(host: Host, rest: Partial<UploadOptions> = {}): Promise<UploadResult> {
  return uploadFile({ host, source, destination: target, chunkBytes: CHUNK_BYTES, clock: systemClock, signal: AbortSignal.timeout(55_000), ...rest });
}

/** The source, read by `read` from chunk `index` on. */
async function sourceThat(index: number, read: (bytes: Buffer, offset: number, file: ChunkSource) => Promise<void>): Promise<ChunkSource> {
  const file = await openFileSource(source);
  return { ...file, read: (bytes, offset) => (offset < index * CHUNK_BYTES ? file.read(bytes, offset) : read(bytes, offset, file)) };
}

/** The same file once more, with nothing in its way: it is finished and compared. */
async function expectFinished(host: Host): Promise<UploadResult> {
  const result = await upload(host);
  expect(readFileSync(target).equals(content)).toBe(true);
  expect(existsSync(`${target}.part`)).toBe(false);
  return result;
}

test.skipIf(sshdMissing !== null)("a version manager's shim is not waited for where the system has a Python", async () => {
  const shims = join(folder, "shims");
  mkdirSync(shims);
  const used = join(folder, "shim was used");
  writeFileSync(join(shims, "python3"), `#!/bin/sh\n: > "${used}"\nexec /usr/bin/python3 "$@"\n`, { mode: 0o755 });
  const { host, close } = await openSshHost({ path: `${shims}:/usr/bin:/bin` });
  onTestFinished(close);
  await expectFinished(host);
  expect(existsSync(used)).toBe(false);
});

describe.skipIf(sshdMissing !== null)("a receiver on the host", () => {
  let opened: OpenHost;
  let host: Host;
  let receiver: FaultyReceiver;

  beforeAll(async () => {
    receiver = makeFaultyReceiver(folder);
    // Without forwarding every lane has a receiver of its own, so that each can be spoilt.
    opened = await openSshHost({ path: receiver.path, allowForwarding: false });
    ({ host } = opened);
  });
  afterEach(() => receiver.cure());
  afterAll(() => opened?.close());

  test.each(["die", "garble"] as const)("that begins to %s in the middle is replaced, and the file arrives whole", async (fault) => {
    receiver.plan(fault, 3);
    const seen: UploadProgress[] = [];
    const result = await upload(host, { onProgress: (progress) => seen.push(progress) });
    expect(result).toMatchObject({ bytes: SIZE, skipped: false });
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(seen.at(-1)).toMatchObject({ done: SIZE, retries: expect.toSatisfy((retries: number) => retries >= 1) });
  });

  test("that says another hash gets the chunk again", async () => {
    receiver.plan("lie", 2);
    const result = await upload(host);
    expect(result.bytesSent).toBeGreaterThan(SIZE);
    expect(readFileSync(target).equals(content)).toBe(true);
  });

  test("that says another hash each time is not believed, and what it has is checked later", async () => {
    receiver.plan("lie", 200);
    await expect(upload(host)).rejects.toMatchObject({ code: "upload-corrupt", message: expect.stringMatching(/model\.gguf.*3 times/) });
    expect(existsSync(target)).toBe(false);
    receiver.cure();
    expect((await expectFinished(host)).bytesKept).toBeGreaterThan(0);
  });

  test("that dies each time is given up after ten minutes without a chunk, and taken up later", async () => {
    receiver.plan("die", 200);
    // Every pause counts a minute and takes none; the receiver is still given its time to start.
    let minutes = 0;
    const clock = {
      now: () => systemClock.now() + minutes * 60_000,
      sleep(ms: number, signal?: AbortSignal) {
        if (ms < 1_000 || ms >= 30_000) return systemClock.sleep(ms, signal);
        minutes++;
        return systemClock.sleep(5, signal);
      },
    };
    await expect(upload(host, { clock })).rejects.toMatchObject({ code: "host-lost" });
    expect(existsSync(target)).toBe(false);
    receiver.cure();
    expect((await expectFinished(host)).bytesKept).toBeGreaterThan(0);
  });
});

describe.each(UPLOAD_HOSTS)("on the way to a host (%s)", (kind) => {
  let opened: OpenHost;
  let host: Host;

  beforeAll(async () => {
    opened = await openUploadHost(kind, folder);
    ({ host } = opened);
  });
  afterAll(() => opened?.close());

  /** A second attempt sends only what is missing; on this computer, reading again is quicker than keeping books. */
  const expectTakenUp = async () => expect((await expectFinished(host)).bytesKept > 0).toBe(kind !== "local");

  test("the disk runs full: what was proven is kept, and it goes on once there is room", async (ctx) => {
    const disk = join(folder, `disk ${kind}`);
    mkdirSync(disk);
    // The upload leaves 64 MiB for others, so the disk must hold more than that to let it begin.
    const unmount = mountMemory(disk, 72 * 2 ** 20);
    if (unmount === null) return ctx.skip("A disk of a known size can be had only as root on Linux, with leave to mount.");
    try {
      target = join(disk, "model.gguf");
      const filler = join(disk, "of somebody else");
      const filling = await sourceThat(6, async (bytes, offset, file) => {
        // Not before something was proven that can be kept.
        const journal = `${target}.journal`;
        if (kind !== "local") while (!existsSync(journal) || !/[0-9a-f]{64}/.test(readFileSync(journal, "utf8"))) await sleep(10);
        if (!existsSync(filler)) fillUp(filler);
        return file.read(bytes, offset);
      });
      await expect(upload(host, { source: filling })).rejects.toMatchObject({ code: "disk-full", message: expect.stringContaining(target) });
      expect(existsSync(target)).toBe(false);
      rmSync(filler);
      await expectTakenUp();
    } finally {
      unmount();
    }
  });

  test("the host cannot store the file: the reason is told, and nothing else is touched", async () => {
    mkdirSync(dirname(target));
    symlinkSync("model.gguf.part", `${target}.part`);
    await expect(upload(host)).rejects.toMatchObject({ code: "upload-failed", message: expect.stringContaining(target) });
    expect(existsSync(target)).toBe(false);
    rmSync(`${target}.part`);
    await expectFinished(host);
  });

  test("the stick gives a read error", async (ctx) => {
    if (process.platform !== "linux") return ctx.skip("A file that cannot be read is had from Linux only.");
    // The first page of a process is never mapped: reading it is a true I/O error.
    const broken = await openFileSource("/proc/self/mem");
    const failing = await sourceThat(6, (bytes) => broken.read(bytes, 0));
    await expect(upload(host, { source: failing })).rejects.toMatchObject({ code: "stick-unreadable", message: expect.stringContaining("EIO") });
    await broken.close();
    expect(existsSync(target)).toBe(false);
    await expectTakenUp();
  });

  test.each(["whose file is gone", "whose file ends early and is gone"])("a stick is pulled out, %s", async (how) => {
    const away = join(folder, "away");
    const vanishing = await sourceThat(6, (bytes, offset, file) => {
      if (existsSync(source)) {
        renameSync(source, away);
        if (how.includes("early")) truncateSync(away, 6 * CHUNK_BYTES);
      }
      return file.read(bytes, offset);
    });
    await expect(upload(host, { source: vanishing })).rejects.toMatchObject({ code: "stick-removed", message: expect.stringContaining(source) });
    expect(existsSync(target)).toBe(false);
    writeFileSync(source, content);
    await expectFinished(host);
  });
});

/** Writes until the disk that the file is on has no room. */
function fillUp(path: string): void {
  const file = openSync(path, "w");
  try {
    for (const bytes of [Buffer.alloc(2 ** 20), Buffer.alloc(2 ** 12)]) while (writesWhole(file, bytes));
  } finally {
    closeSync(file);
  }
}

function writesWhole(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) === bytes.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}

/** Mounts a disk of that many bytes; returns how to take it away, or null where that is not allowed. */
function mountMemory(disk: string, bytes: number): (() => void) | null {
  if (process.platform !== "linux" || process.getuid!() !== 0) return null;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", disk], { stdio: "ignore" });
  } catch {
    return null;
  }
  return () => execFileSync("umount", ["--lazy", disk]);
}
