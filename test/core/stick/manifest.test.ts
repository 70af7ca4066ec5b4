import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keepManifest, loadKeptManifest } from "../../../src/core/stick/manifest.ts";
import { ChunkManifest, rootHash } from "../../../src/core/upload/manifest.ts";

const CHUNK = 1024;
let folder: string;
let file: string;
let data: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ai-mentor-manifest-"));
  file = join(folder, "stick", "model 'ü'.gguf");
  data = join(folder, "data");
  await mkdir(dirname(file));
  await writeFile(file, randomBytes(3 * CHUNK + 100));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function manifestOf(path: string): Promise<ChunkManifest> {
  const bytes = await readFile(path);
  const chunks = Array.from({ length: Math.ceil(bytes.length / CHUNK) }, (_, index) => sha256(bytes.subarray(index * CHUNK, (index + 1) * CHUNK)));
  return ChunkManifest.parse({ version: 1, bytes: bytes.length, chunkBytes: CHUNK, chunks, root: rootHash(chunks), sha256: sha256(bytes) });
}

const mtime = async () => (await stat(file)).mtimeMs;

test("what was kept beside the model is found again, also when the stick is mounted elsewhere", async () => {
  const manifest = await manifestOf(file);
  const place = await keepManifest(file, await mtime(), manifest, data);
  expect(place).toBe(join(dirname(file), ".ai-mentor", "model 'ü'.gguf.manifest.json"));
  expect(await loadKeptManifest(file, data)).toEqual(manifest);
  await rename(join(folder, "stick"), join(folder, "elsewhere"));
  expect(await loadKeptManifest(join(folder, "elsewhere", "model 'ü'.gguf"), data)).toEqual(manifest);
});

test("where the stick cannot be written, the record lies on the computer", async () => {
  const manifest = await manifestOf(file);
  // A file in the folder's place stops a superuser too, as a read-only mount would.
  await writeFile(join(dirname(file), ".ai-mentor"), "");
  await chmod(dirname(file), 0o555);
  const place = await keepManifest(file, await mtime(), manifest, data);
  await chmod(dirname(file), 0o755);
  expect(place?.startsWith(join(data, "manifests"))).toBe(true);
  expect(await loadKeptManifest(file, data)).toEqual(manifest);
});

test("a changed size, time or content makes it count no more", async () => {
  await keepManifest(file, await mtime(), await manifestOf(file), data);
  const before = await stat(file);

  await utimes(file, before.atime, new Date(before.mtimeMs + 60_000));
  expect(await loadKeptManifest(file, data)).toBeNull();
  await utimes(file, before.atime, before.mtime);
  expect(await loadKeptManifest(file, data)).not.toBeNull();

  const handle = await open(file, "r+");
  await handle.write(Buffer.from([1, 2, 3, 4]), 0, 4, 10);
  await handle.close();
  await utimes(file, before.atime, before.mtime);
  expect(await loadKeptManifest(file, data)).toBeNull();

  await writeFile(file, "short");
  await utimes(file, before.atime, before.mtime);
  expect(await loadKeptManifest(file, data)).toBeNull();
});

test("a record that is damaged, forged or of another file is ignored", async () => {
  const manifest = await manifestOf(file);
  const place = (await keepManifest(file, await mtime(), manifest, data))!;
  const record = await readFile(place, "utf8");
  for (const altered of ["", "{", "[]", record.slice(0, 200), record.replace(manifest.chunks[1]!, "0".repeat(64)), record.replace('"version":1', '"version":2'), record.replace("model 'ü'", "other")]) {
    await writeFile(place, altered);
    expect(await loadKeptManifest(file, data)).toBeNull();
  }
  await writeFile(place, record);
  expect(await loadKeptManifest(file, data)).toEqual(manifest);
});

test("nothing is kept of a file that changed while it was read", async () => {
  const manifest = await manifestOf(file);
  const before = await mtime();
  await utimes(file, new Date(), new Date(before + 10_000));
  expect(await keepManifest(file, before, manifest, data)).toBeNull();
  expect(await readdir(dirname(file))).toEqual(["model 'ü'.gguf"]);
});

test("no file, no manifest", async () => {
  expect(await loadKeptManifest(join(folder, "gone.gguf"), data)).toBeNull();
});
