import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { download } from "../../../src/adapters/packages/download.ts";
import type { Progress } from "../../../src/contract/progress.ts";
import { answer, cutAfter, packageIndex, type PackageIndex } from "../../parts/package-index.ts";

let index: PackageIndex;
let folder: string;
let path: string;
let waits: number[];
beforeEach(async () => {
  index = await packageIndex();
  folder = await mkdtemp(join(tmpdir(), "ai-mentor-download-"));
  path = join(folder, "new", "wheel.whl");
  waits = [];
});
afterEach(async () => {
  await index[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const get = (options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void; idleMs?: number } = {}) =>
  download(index.url, path, { ...index.pin, ...options, sleep: (ms) => Promise.resolve(void waits.push(ms)) });

test("a file arrives whole and proven, with progress up to the end, and no other file stays", async () => {
  const seen: Progress[] = [];
  await get({ onProgress: (progress) => seen.push(progress) });
  expect((await readFile(path)).length).toBe(index.pin.bytes);
  expect(seen.at(-1)).toMatchObject({ done: index.pin.bytes, total: index.pin.bytes, unit: "bytes" });
  expect(await readdir(join(folder, "new"))).toEqual(["wheel.whl"]);
});

test("a line that is cut again and again goes on where it stopped", async () => {
  let cuts = 0;
  const cut = cutAfter(900_000);
  index.misbehave = (...args) => cuts++ < 2 && cut(...args);
  await get();
  const starts = index.requests.map((range) => Number(/\d+/.exec(range ?? "0")?.[0]));
  expect(starts).toHaveLength(3);
  expect(starts[0]).toBe(0);
  expect(starts[1]).toBeGreaterThan(0);
  expect(starts[2]).toBeGreaterThan(starts[1]!);
  expect((await readFile(path)).length).toBe(index.pin.bytes);
});

test("what an earlier run left is taken up, and a part that is too long is not", async () => {
  await get();
  const wheel = await readFile(path);
  await rm(path);
  await writeFile(`${path}.part`, wheel.subarray(0, 1_000_000));
  await get();
  expect(index.requests.at(-1)).toBe("bytes=1000000-");
  await rm(path);
  await writeFile(`${path}.part`, Buffer.concat([wheel, wheel]));
  await get();
  expect(await readFile(path)).toEqual(wheel);
});

test("a server without ranges is asked for everything again", async () => {
  await get();
  const wheel = await readFile(path);
  await rm(path);
  await writeFile(`${path}.part`, Buffer.alloc(500_000, 1));
  index.misbehave = (request, response) => {
    delete request.headers.range;
    answer(request, response, wheel);
    return true;
  };
  await get();
  expect(await readFile(path)).toEqual(wheel);
});

test("altered content is put aside, never used, and the next try succeeds", async () => {
  index.misbehave = (request, response, wheel) => {
    const altered = Buffer.from(wheel);
    altered[1_234_567]! ^= 1;
    answer(request, response, altered);
    return true;
  };
  await expect(get()).rejects.toMatchObject({ code: "kit-corrupt" });
  expect(await readdir(join(folder, "new"))).toEqual(["wheel.whl.corrupt"]);
  index.misbehave = null;
  await get();
  expect(await readdir(join(folder, "new"))).toEqual(["wheel.whl"]);
});

test("a server that never answers properly is given up after waits that grow, and says what is kept", async () => {
  index.misbehave = (_, response) => (response.writeHead(503).end(), true);
  await expect(get()).rejects.toMatchObject({ code: "kit-unavailable", kept: expect.stringContaining("0 of") });
  expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000]);
});

test("a server that sends nothing, more, or another range is not believed", async () => {
  let round = 0;
  index.misbehave = (_, response, wheel) => {
    round += 1;
    if (round === 1) response.writeHead(200, { "content-length": wheel.length }).flushHeaders();
    else if (round === 2) response.writeHead(200).end(Buffer.concat([wheel, wheel]));
    else if (round === 3) response.writeHead(206, { "content-range": `bytes 5-${wheel.length - 1}/${wheel.length}` }).end(wheel.subarray(5));
    else return false;
    return true;
  };
  await get({ idleMs: 200 });
  expect((await readFile(path)).length).toBe(index.pin.bytes);
});

test("a refusal is not tried again", async () => {
  index.misbehave = (_, response) => (response.writeHead(404).end(), true);
  await expect(get()).rejects.toMatchObject({ name: "DownloadRefused", status: 404 });
  expect(index.requests).toHaveLength(1);
});

test("cancelling keeps what has arrived", async () => {
  const stop = new AbortController();
  index.misbehave = (_, response, wheel) => {
    response.writeHead(200, { "content-length": wheel.length });
    response.write(wheel.subarray(0, 600_000));
    return true;
  };
  await expect(get({ signal: stop.signal, onProgress: () => stop.abort() })).rejects.toThrow("abort");
  expect(await readdir(join(folder, "new"))).toEqual(["wheel.whl.part"]);
  index.misbehave = null;
  await get();
  expect((await readFile(path)).length).toBe(index.pin.bytes);
});
