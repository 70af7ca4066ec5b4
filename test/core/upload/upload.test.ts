import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import type { UploadProgress, UploadResult } from "../../../src/contract/upload.ts";
import { ChunkManifest } from "../../../src/core/upload/manifest.ts";
import { openFileSource, type ChunkSource } from "../../../src/core/upload/source.ts";
import { uploadFile, type UploadOptions } from "../../../src/core/upload/upload.ts";
import type { Host } from "../../../src/core/ports.ts";
import { openLossyLine } from "../../parts/lossy-line.ts";
import { seeded, seededBytes } from "../../parts/seeded.ts";
import { sshdMissing, startSshd, type Sshd } from "../../parts/sshd.ts";
import { openUploadHost, UPLOAD_HOSTS, type OpenHost } from "../../parts/upload-hosts.ts";

/** Small, so that a small file has many. */
const CHUNK_BYTES = 128 * 1024;
const SIZE = 19 * CHUNK_BYTES + 12_345;
/** What a connection says before its first chunk: keys, proofs, and perhaps the receiver's source. */
const LOGIN_BYTES = 24 * 1024;
const CUTS = process.env.AI_MENTOR_LONG ? 50 : 5;
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

let folder: string;
let content: Buffer;
let source: string;
let target: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-upload-"));
  content = seededBytes(1, SIZE);
  source = join(folder, "a model — it's “big”.gguf");
  writeFileSync(source, content);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let round = 0;
beforeEach(() => {
  target = join(folder, `host ${round++}`, "model\n'x' -é.gguf");
});

function upload(host: Host, rest: Partial<UploadOptions> = {}): Promise<UploadResult> {
  return uploadFile({ host, source, destination: target, chunkBytes: CHUNK_BYTES, clock: systemClock, signal: AbortSignal.timeout(55_000), ...rest });
}

/** The source, with something that happens when chunk `index` is about to be read for the first time. */
async function sourceThat(index: number, happens: () => void, path = source): Promise<ChunkSource> {
  const file = await openFileSource(path);
  let happened = false;
  return {
    ...file,
    read(bytes, offset) {
      if (!happened && offset === index * CHUNK_BYTES) {
        happened = true;
        happens();
      }
      return file.read(bytes, offset);
    },
  };
}

describe.each(UPLOAD_HOSTS)("an upload to a host (%s)", (kind) => {
  let opened: OpenHost;
  let host: Host;

  beforeAll(async () => {
    opened = await openUploadHost(kind, folder);
    ({ host } = opened);
  });
  afterAll(() => opened?.close());

  test("arrives whole, with its hashes, and leaves nothing unfinished", async () => {
    const manifests: ChunkManifest[] = [];
    const seen: UploadProgress[] = [];
    const result = await upload(host, { onManifest: (manifest) => void manifests.push(manifest), onProgress: (progress) => seen.push(progress) });
    expect(result).toMatchObject({ path: target, bytes: SIZE, sha256: sha256(content), bytesSent: SIZE, skipped: false });
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(existsSync(`${target}.part`)).toBe(false);
    expect(manifests).toHaveLength(1);
    expect(ChunkManifest.parse(manifests[0]).sha256).toBe(sha256(content));
    expect(seen.at(-1)).toMatchObject({ done: SIZE, total: SIZE, unit: "bytes", stall: null });
  });

  test("is skipped when the file is there and proven, with or without its manifest", async () => {
    let manifest: ChunkManifest | undefined;
    await upload(host, { onManifest: (made) => void (manifest = made) });
    expect(await upload(host)).toMatchObject({ skipped: true, bytesSent: 0, sha256: sha256(content) });
    expect(await upload(host, { knownManifest: manifest })).toMatchObject({ skipped: true, bytesSent: 0 });
    // The journal's word is worth nothing once somebody has touched the file: then it is read.
    utimesSync(target, 1, 1);
    expect(await upload(host, { knownManifest: manifest })).toMatchObject({ skipped: true, bytesSent: 0 });
  });

  test("a file of the same name and size with one other byte is kept aside", async () => {
    await upload(host);
    const other = Buffer.from(content);
    other[SIZE - 5]! ^= 1;
    writeFileSync(target, other);
    const result = await upload(host);
    expect(result.skipped).toBe(false);
    expect(readFileSync(target).equals(content)).toBe(true);
    expect(readFileSync(result.keptAside!).equals(other)).toBe(true);
  });

  test("goes into a folder under its own name; an empty file too", async () => {
    const empty = join(folder, "empty file");
    writeFileSync(empty, "");
    const result = await upload(host, { source: empty, destination: `${target}.d`, into: "folder" });
    expect(result).toMatchObject({ path: join(`${target}.d`, "empty file"), bytes: 0, sha256: sha256(Buffer.alloc(0)) });
    expect(readFileSync(result.path)).toHaveLength(0);
  });

  test("says what is wrong with the place or the file", async () => {
    mkdirSync(target, { recursive: true });
    await expect(upload(host, { destination: join(source, "inside a file") })).rejects.toMatchObject({ code: expect.stringMatching(/input-invalid|upload-failed/) });
    await expect(upload(host, { source: join(folder, "gone.gguf") })).rejects.toMatchObject({ code: "stick-removed" });
    await expect(upload(host, { source: folder })).rejects.toMatchObject({ code: "input-invalid" });
  });

  test("a file that changes while it is sent is not passed off as whole", async () => {
    const living = join(folder, "living.gguf");
    writeFileSync(living, content);
    const changing = await sourceThat(5, () => appendFileSync(living, "more"), living);
    await expect(upload(host, { source: changing })).rejects.toMatchObject({ code: "model-changed" });
    expect(existsSync(target)).toBe(false);
  });

  test("a known manifest that the stick no longer matches is refused", async () => {
    let manifest: ChunkManifest | undefined;
    await upload(host, { destination: `${target}.first`, onManifest: (made) => void (manifest = made) });
    const flipped = join(folder, "flipped.gguf");
    const bytes = Buffer.from(content);
    bytes[3 * CHUNK_BYTES]! ^= 1;
    writeFileSync(flipped, bytes);
    await expect(upload(host, { source: flipped, knownManifest: manifest })).rejects.toMatchObject({ code: "model-changed" });
    expect(existsSync(target)).toBe(false);
  });

  test("cancelled, and taken up where it stopped", async () => {
    const cancel = new AbortController();
    const cancelled = upload(host, { signal: cancel.signal, source: await sourceThat(12, () => cancel.abort(new Error("enough"))) });
    await expect(cancelled).rejects.toThrow("enough");
    const result = await upload(host);
    expect(readFileSync(target).equals(content)).toBe(true);
    // A copy on this computer starts anew: reading again is quicker than keeping books.
    expect(result.bytesKept > 0).toBe(kind !== "local");
  });
});

describe.skipIf(sshdMissing !== null)("an upload over a line that is cut", () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
  });
  afterAll(() => sshd.stop());

  test.each(Array.from({ length: CUTS }, (_, index) => index + 1))("at random moments, seed %i", async (seed) => {
    const random = seeded(seed);
    const line = await openLossyLine(sshd.port);
    const connector = new SshConnector(join(folder, `known ${seed}.json`), systemClock);
    const host = await connector.connect({ kind: "ssh", address: `${sshd.user}@127.0.0.1:${line.port}`, identity: sshd.identity });
    try {
      const cuts = 1 + Math.floor(random() * 3);
      const planned = Array.from({ length: cuts }, () => Math.floor((random() * SIZE) / cuts));
      line.cutAfter(...planned);
      let lanes = 0;
      await upload(host, { onProgress: (progress) => (lanes = Math.max(lanes, progress.lanes)) });
      expect(readFileSync(target).equals(content)).toBe(true);
      // What crossed the line again: at most one chunk a lane and cut, beside logging in again.
      const again = line.sent() - SIZE - line.connections() * LOGIN_BYTES;
      expect(again).toBeLessThanOrEqual(cuts * Math.max(lanes, 4) * CHUNK_BYTES);
      expect(readdirSync(join(target, ".."))).toHaveLength(2);
    } finally {
      await host.close();
      await line.close();
    }
  });

  test("a network that is away for a while: it waits and goes on by itself", async () => {
    const line = await openLossyLine(sshd.port);
    const host = await new SshConnector(join(folder, "known away.json"), systemClock).connect({ kind: "ssh", address: `${sshd.user}@127.0.0.1:${line.port}`, identity: sshd.identity });
    try {
      const retries: number[] = [];
      const goingAway = await sourceThat(7, () => {
        line.setDown(true);
        setTimeout(() => line.setDown(false), 1_500);
      });
      const result = await upload(host, { source: goingAway, onProgress: (progress) => retries.push(progress.retries) });
      expect(retries.at(-1)).toBeGreaterThan(0);
      expect(readFileSync(target).equals(content)).toBe(true);
      expect(result.sha256).toBe(sha256(content));
    } finally {
      await host.close();
      await line.close();
    }
  });

  test("a host that starts anew in the middle: it waits and goes on by itself", async () => {
    const own = await startSshd();
    const host = await new SshConnector(join(own.folder, "known.json"), systemClock).connect({ kind: "ssh", address: own.address, identity: own.identity });
    try {
      let restarted: Promise<void> | undefined;
      const retries: number[] = [];
      await upload(host, { source: await sourceThat(9, () => (restarted = own.restart())), onProgress: (progress) => retries.push(progress.retries) });
      await restarted;
      expect(retries.at(-1)).toBeGreaterThan(0);
      expect(readFileSync(target).equals(content)).toBe(true);
    } finally {
      await host.close();
      await own.stop();
    }
  });

  test("one receiver serves all lanes, and nothing of it is left when the upload is over", async () => {
    const own = await startSshd();
    const host = await new SshConnector(join(own.folder, "known.json"), systemClock).connect({ kind: "ssh", address: own.address, identity: own.identity });
    const sockets = () => readdirSync(join(own.folder, "tmp"));
    const seen: number[] = [];
    try {
      await upload(host, { source: await sourceThat(15, () => seen.push(sockets().length)) });
      expect(seen).toEqual([1]);
      await expect.poll(sockets).toEqual([]);
    } finally {
      await host.close();
      await own.stop();
    }
  });

  test("a claim of the host's journal that the disk does not keep is sent again", async () => {
    const host = await new SshConnector(join(folder, "known claim.json"), systemClock).connect({ kind: "ssh", address: sshd.address, identity: sshd.identity });
    try {
      const cancel = new AbortController();
      await upload(host, { signal: cancel.signal, source: await sourceThat(14, () => cancel.abort(new Error("enough"))) }).catch(() => {});
      await sshd.dropConnections(); // what was still on its way must not land now
      writeFileSync(`${target}.part`, Buffer.alloc(statSync(`${target}.part`).size));
      const result = await upload(host);
      expect(readFileSync(target).equals(content)).toBe(true);
      expect(result.bytesSent).toBe(SIZE);
    } finally {
      await host.close();
    }
  });
});
