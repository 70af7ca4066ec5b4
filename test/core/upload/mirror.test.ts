import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import type { UploadProgress, UploadResult } from "../../../src/contract/upload.ts";
import type { Host } from "../../../src/core/ports.ts";
import type { ChunkManifest } from "../../../src/core/upload/manifest.ts";
import { openFileSource, type ChunkSource } from "../../../src/core/upload/source.ts";
import { uploadFile, type UploadOptions } from "../../../src/core/upload/upload.ts";
import { pathWithoutPython } from "../../parts/bare-path.ts";
import { openLossyLine, type LossyLine } from "../../parts/lossy-line.ts";
import { startMirror, type Misbehave, type TestMirror } from "../../parts/mirror.ts";
import { seededBytes } from "../../parts/seeded.ts";
import { sshdMissing, startSshd, type Sshd } from "../../parts/sshd.ts";
import { openSshHost } from "../../parts/upload-hosts.ts";

const CHUNK_BYTES = 128 * 1024;
const SIZE = 39 * CHUNK_BYTES + 12_345;
/** The line is so slow that a mirror is worth its while. */
const SLOW = 2e6;

let folder: string;
let content: Buffer;
let source: string;
let target: string;
let round = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-mirror-"));
  content = seededBytes(5, SIZE);
  source = join(folder, "model.gguf");
  writeFileSync(source, content);
});
beforeEach(() => {
  target = join(folder, `host ${round++}`, "model.gguf");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function upload(host: Host, mirror: { url: string; timeoutSeconds?: number }, rest: Partial<UploadOptions> = {}): Promise<UploadResult> {
  const result = await uploadFile({ host, source, destination: target, chunkBytes: CHUNK_BYTES, clock: systemClock, signal: AbortSignal.timeout(55_000), mirror, ...rest });
  expect(readFileSync(target).equals(content)).toBe(true);
  expect(existsSync(`${target}.part`) || existsSync(`${target}.upload`)).toBe(false);
  return result;
}

async function mirrorOf(bytes = content): Promise<TestMirror> {
  const mirror = await startMirror(bytes);
  onTestFinished(() => mirror.die());
  return mirror;
}

describe.skipIf(sshdMissing !== null)("an upload with a mirror", () => {
  let sshd: Sshd;
  let line: LossyLine;
  let host: Host;

  beforeAll(async () => {
    sshd = await startSshd();
    line = await openLossyLine(sshd.port);
    host = await new SshConnector(join(folder, "known.json"), systemClock).connect({ kind: "ssh", address: `${sshd.user}@127.0.0.1:${line.port}`, identity: sshd.identity });
  });
  beforeEach(() => line.limit(SLOW));
  afterAll(async () => {
    await host?.close();
    await line?.close();
    await sshd?.stop();
  });

  test("arrives whole, most of it from the mirror", async () => {
    const mirror = await mirrorOf();
    const seen: UploadProgress[] = [];
    const result = await upload(host, mirror, { onProgress: (progress) => seen.push(progress) });
    expect(result.bytesFromMirror).toBeGreaterThan(SIZE / 2);
    expect(result).not.toHaveProperty("mirrorFault");
    expect(seen.at(-1)).toMatchObject({ done: SIZE, detail: "Sending model.gguf, and fetching parts of it from 127.0.0.1" });
    // Nobody needs to send what the mirror has brought already.
    expect(await upload(host, mirror)).toMatchObject({ skipped: true, bytesFromMirror: 0 });
  });

  test("finds its way to a new signed address as often as the old one has expired", async () => {
    const mirror = await mirrorOf();
    mirror.signatureUses = 2;
    const result = await upload(host, { url: mirror.resolveUrl });
    expect(result.bytesFromMirror).toBeGreaterThan(SIZE / 2);
    expect(result).not.toHaveProperty("mirrorFault");
    expect(mirror.signatures).toBeGreaterThan(8);
  });

  /** Behaves until it has been asked that often. */
  const from = (count: number, misbehave: Misbehave): Misbehave => {
    let asked = 0;
    return (range, response, honest) => (++asked < count ? honest() : misbehave(range, response, honest));
  };
  const lie: Misbehave = ({ start, length }, response) => {
    const bytes = Buffer.from(content.subarray(start, start + length));
    bytes[length >> 1]! ^= 1;
    response.writeHead(206, { "content-range": `bytes ${start}-${start + length - 1}/${SIZE}`, "content-length": length }).end(bytes);
  };
  const once = (misbehave: Misbehave): Misbehave => {
    let done = false;
    return (range, response, honest) => {
      if (done) return honest();
      done = true;
      return misbehave(range, response, honest);
    };
  };

  test.each<[string, RegExp, Misbehave]>([
    ["lies in one chunk", /127\.0\.0\.1 sent other bytes than the stick holds/, from(6, once(lie))],
    ["ignores ranges", /sends whole files only/, (_, response) => response.writeHead(200, { "content-length": SIZE }).end(content)],
    ["does not have the file", /answered 404/, (_, response) => response.writeHead(404).end()],
    ["stalls after a while", /did not answer in time/, from(6, () => {})],
    ["breaks off after a while", /broke off|cannot be read/, from(6, (_, response) => response.destroy())],
  ])("one that %s is given up, and the stick alone suffices", async (_, fault, misbehave) => {
    const mirror = await mirrorOf();
    mirror.misbehave = misbehave;
    const seen: UploadProgress[] = [];
    const result = await upload(host, { url: mirror.url, timeoutSeconds: 0.2 }, { onProgress: (progress) => seen.push(progress) });
    expect(result.mirrorFault).toMatch(fault);
    expect(seen.at(-1)!.detail).toBe(`Sending model.gguf from the stick alone: ${result.mirrorFault}`);
    expect(result.bytesSent + result.bytesFromMirror).toBeGreaterThanOrEqual(SIZE);
  });

  test("one that dies midway is given up", async () => {
    const mirror = await mirrorOf();
    mirror.misbehave = from(6, () => void mirror.die());
    expect(await upload(host, mirror)).toMatchObject({ mirrorFault: expect.stringMatching(/cannot be read/) });
  });

  test("one whose file has another size is given up", async () => {
    const mirror = await mirrorOf(Buffer.concat([content, Buffer.alloc(1)]));
    expect(await upload(host, mirror)).toMatchObject({ bytesFromMirror: 0, mirrorFault: expect.stringMatching(/has another size/) });
  });

  test("one that refuses now and then is not", async () => {
    const mirror = await mirrorOf();
    let asked = 0;
    mirror.misbehave = (_, response, honest) => (++asked % 8 === 0 ? response.writeHead(503).end() : honest());
    const result = await upload(host, mirror);
    expect(result).not.toHaveProperty("mirrorFault");
    expect(result.bytesFromMirror).toBeGreaterThan(SIZE / 2);
  });

  test("one that is slow delays nothing but its own chunks", async () => {
    line.limit(Infinity);
    const mirror = await mirrorOf();
    mirror.misbehave = from(3, () => {});
    const late = setTimeout(() => void mirror.die(), 40_000);
    const result = await upload(host, { url: mirror.url, timeoutSeconds: 60 });
    clearTimeout(late);
    expect(result.seconds).toBeLessThan(20);
  });

  test("goes on where it was cancelled, and fetches nothing again", async () => {
    const mirror = await mirrorOf();
    const cancel = new AbortController();
    const file = await openFileSource(source);
    const cancelling: ChunkSource = {
      ...file,
      async read(bytes, offset) {
        if (offset < SIZE / 2) return file.read(bytes, offset);
        // Not before something was proven that can be kept.
        while (!/"h": /.test(readFileSync(`${target}.journal`, "utf8"))) await sleep(10);
        cancel.abort(new Error("enough"));
      },
    };
    await expect(upload(host, mirror, { signal: cancel.signal, source: cancelling })).rejects.toThrow("enough");
    const asked = mirror.requests.length;
    const proven = [...readFileSync(`${target}.journal`, "utf8").matchAll(/"i": (\d+), "h"/g)].map(([, index]) => Number(index));
    expect(proven).not.toEqual([]);
    const { bytesKept } = await upload(host, mirror);
    // Not how much came in all: near the end the stick and the mirror may both bring the same chunk.
    expect(bytesKept).toBeGreaterThanOrEqual(proven.length * CHUNK_BYTES);
    const fetched = mirror.requests.slice(asked).map(({ start }) => start / CHUNK_BYTES);
    expect(fetched.filter((index) => proven.includes(index))).toEqual([]);
  });

  test("reads from the stick only what it sends, where the hashes are known", async () => {
    const mirror = await mirrorOf();
    let manifest: ChunkManifest | undefined;
    await upload(host, mirror, { onManifest: (made) => void (manifest = made) });
    rmSync(target);
    const file = await openFileSource(source);
    let read = 0;
    const counting: ChunkSource = { ...file, read: (bytes, offset) => ((read += bytes.length), file.read(bytes, offset)) };
    const result = await upload(host, mirror, { source: counting, knownManifest: manifest });
    expect(result.bytesFromMirror).toBeGreaterThan(SIZE / 2);
    expect(read).toBeLessThan(SIZE);
  });

  test("survives cuts of the line", async () => {
    const mirror = await mirrorOf();
    line.cutAfter(300_000, 300_000);
    const result = await upload(host, mirror);
    expect(result).not.toHaveProperty("mirrorFault");
  });

  test("needs a host that can fetch", async () => {
    const mirror = await mirrorOf();
    const bare = await openSshHost({ path: pathWithoutPython(folder) });
    onTestFinished(() => bare.close());
    expect(await upload(bare.host, mirror)).toMatchObject({ bytesFromMirror: 0, mirrorFault: expect.stringMatching(/has no Python/) });
    expect(mirror.requests).toEqual([]);
  });
});

test("this computer has the stick, and asks no mirror", async () => {
  const mirror = await mirrorOf();
  const result = await upload(new LocalHost(), mirror);
  expect(result).toMatchObject({ bytesSent: SIZE, bytesFromMirror: 0 });
  expect(result).not.toHaveProperty("mirrorFault");
  expect(mirror.requests).toEqual([]);
});
