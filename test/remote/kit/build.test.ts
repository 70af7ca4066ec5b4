import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { buildKit } from "../../../remote/kit/build.ts";
import type { BuildContext } from "../../../remote/kit/context.ts";
import { binaryPackages } from "../../../remote/kit/engine-layer.ts";
import { packageFolder } from "../../../remote/kit/npm-package.ts";
import { runProgram } from "../../../remote/kit/program.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "kit cache "));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("the same inputs make the same layers anywhere; a cancelled build leaves nothing half; a damaged layer is made again", async () => {
  const [cacheDir, other] = [await folder(), await folder()];
  const options = { platform: "linux-x64", python: null, gpu: "cpu", archives: false } as const;
  const cancel = new AbortController();
  const onProgress = ({ detail }: { detail: string }) => detail.includes("services") && cancel.abort();
  await expect(buildKit({ ...options, cacheDir, signal: cancel.signal, onProgress })).rejects.toMatchObject({ name: "AbortError" });
  expect((await readdir(join(cacheDir, "kit", "layers"))).map((name) => name.replace(/-[0-9a-f]{24}$/, "")).sort()).toEqual(["engine", "node"]);

  const kit = await buildKit({ ...options, cacheDir });
  const stable = ({ layers }: typeof kit) => layers.filter(({ name }) => name !== "services").map(({ name, hash }) => [name, hash]);
  expect(stable(await buildKit({ ...options, cacheDir: other }))).toEqual(stable(kit));
  expect(JSON.parse(await readFile(join(kit.folder, "kit.json"), "utf8"))).toMatchObject({ hash: kit.hash, platform: "linux-x64", gpu: "cpu" });

  await truncate(join(kit.folder, "node_modules", "node-llama-cpp", "package.json"), 1);
  await truncate(join(kit.folder, "agent.mjs"), 1);
  const mended = await buildKit({ ...options, cacheDir });
  expect(stable(mended)).toEqual(stable(kit));
  expect((await stat(join(mended.folder, "agent.mjs"))).size).toBeGreaterThan(1);
}, 180_000);

test("what the cache has not used for long is removed", async () => {
  const cacheDir = await folder();
  const old = join(cacheDir, "kit", "layers", "services-old");
  await mkdir(old, { recursive: true });
  await utimes(old, new Date(0), new Date(0));
  await buildKit({ cacheDir, platform: "linux-x64", python: null, gpu: "cpu", archives: false });
  await expect(stat(old)).rejects.toThrow("ENOENT");
}, 120_000);

/** A project whose lock pins one small package that is not installed. */
async function project(integrity?: string): Promise<{ lockFile: string; context: BuildContext }> {
  const path = await folder();
  const lock = JSON.parse(await readFile(join(PROJECT, "package-lock.json"), "utf8")) as { packages: Record<string, { version: string; integrity: string }> };
  const pin = lock.packages["node_modules/picocolors"]!;
  const lockFile = join(path, "package-lock.json");
  await writeFile(lockFile, JSON.stringify({ packages: { "node_modules/picocolors": { ...pin, integrity: integrity ?? pin.integrity } } }));
  return { lockFile, context: { project: path, cache: join(path, "cache"), platform: "linux-x64" } };
}

test("a package of another platform is fetched by npm, proven, and kept", async () => {
  const { lockFile, context } = await project();
  const found = await packageFolder(lockFile, "picocolors", context);
  expect(JSON.parse(await readFile(join(found, "package.json"), "utf8"))).toMatchObject({ name: "picocolors" });
  expect(await packageFolder(lockFile, "picocolors", context)).toBe(found);
  expect((await readdir(join(context.cache, "npm"))).length).toBe(1);
});

test("a package that is not what the lock pins is refused and not kept", async () => {
  const { lockFile, context } = await project("sha512-AAAA");
  await expect(packageFolder(lockFile, "picocolors", context)).rejects.toMatchObject({ code: "kit-corrupt" });
  expect(await readdir(join(context.cache, "npm"))).toEqual([]);
});

test("a missing program is named, with the way to get it", async () => {
  await expect(runProgram(["no-such-program-here"], { purpose: "Fetching it", advice: "Install it." })).rejects.toMatchObject({
    code: "kit-unavailable",
    advice: "Install it.",
    message: expect.stringContaining("no-such-program-here"),
  });
});

test("each kind of host gets its own binaries, CUDA 12 included", () => {
  expect(binaryPackages("linux-x64", "cuda")).toEqual(["@node-llama-cpp/linux-x64", "@node-llama-cpp/linux-x64-cuda", "@node-llama-cpp/linux-x64-cuda-ext"]);
  expect(binaryPackages("darwin-arm64", "metal")).toEqual(["@node-llama-cpp/mac-arm64-metal"]);
  expect(binaryPackages("win32-x64", "cpu")).toEqual(["@node-llama-cpp/win-x64"]);
  expect(() => binaryPackages("linux-arm64", "cuda")).toThrow("CUDA cannot be used");
});
