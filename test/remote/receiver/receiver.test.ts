import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { pythonMissing, startReceiver } from "../../parts/receiver.ts";

const CHUNK_BYTES = 1000;
const CHUNKS = ["a", "b"].map((letter) => Buffer.alloc(CHUNK_BYTES, letter));
const HASHES = CHUNKS.map((chunk) => createHash("sha256").update(chunk).digest("hex"));

let folder: string;
let final: string;
let round = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-receiver-"));
});
beforeEach(() => {
  final = join(folder, String(round++), "model.gguf");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Closed at the test's end. */
async function openReceiver(chunkBytes = CHUNK_BYTES, upload = "one") {
  const { ask, close } = await startReceiver({ final, upload, bytes: 2 * CHUNK_BYTES, chunkBytes });
  onTestFinished(close);
  const send = (index: number) => ask({ op: "chunk", index, offset: index * CHUNK_BYTES, length: CHUNK_BYTES }, CHUNKS[index]);
  return { ask, send, survey: (neededBytes = Number.MAX_SAFE_INTEGER) => ask({ op: "survey", neededBytes }) };
}

describe.skipIf(pythonMissing !== null)("the receiver", () => {
  test("says what landed, and a later one knows it", async () => {
    const { ask, send } = await openReceiver();
    await ask({ op: "begin" });
    expect(await send(1)).toEqual({ sha256: HASHES[1] });
    const later = await openReceiver();
    expect(await later.survey()).toMatchObject({ finalBytes: null, proven: null, chunks: { 1: HASHES[1] } });
    expect(await later.ask({ op: "check", which: "part", offset: CHUNK_BYTES, length: CHUNK_BYTES })).toEqual({ sha256: HASHES[1] });
    expect(await later.ask({ op: "check", which: "part", offset: 2 * CHUNK_BYTES, length: 1 })).toEqual({ sha256: null });
  });

  test("leaves out a record that a crash has torn, and those of another chunk size", async () => {
    const { ask, send } = await openReceiver();
    await ask({ op: "begin" });
    await send(0);
    appendFileSync(`${final}.journal`, '{"i": 1, "h": "12\n');
    expect((await (await openReceiver()).survey()).chunks).toEqual({ 0: HASHES[0] });
    expect((await (await openReceiver(500)).survey()).chunks).toEqual({});
  });

  test("believes its own note about the file only while nobody has touched it", async () => {
    const { ask, send } = await openReceiver();
    await ask({ op: "begin" });
    for (const index of CHUNKS.keys()) await send(index);
    expect(await ask({ op: "finish", root: "r", sha256: "s", aside: "kept", placed: false })).toEqual({ keptAside: null });
    expect(readFileSync(final).equals(Buffer.concat(CHUNKS))).toBe(true);
    expect(await (await openReceiver()).survey()).toMatchObject({ finalBytes: 2 * CHUNK_BYTES, proven: { root: "r", sha256: "s" } });
    utimesSync(final, 1, 1);
    expect(await (await openReceiver()).survey()).toMatchObject({ finalBytes: 2 * CHUNK_BYTES, proven: null });
  });

  test("keeps every other file of the name aside", async () => {
    const { ask, send } = await openReceiver();
    await ask({ op: "begin" });
    for (const index of CHUNKS.keys()) await send(index);
    writeFileSync(final, "of somebody else");
    writeFileSync(`${final}.kept`, "older");
    expect(await ask({ op: "finish", root: "r", sha256: "s", aside: "kept", placed: false })).toEqual({ keptAside: `${final}.kept-2` });
    expect([`${final}.kept`, `${final}.kept-2`].map((path) => readFileSync(path, "utf8"))).toEqual(["older", "of somebody else"]);
    expect(existsSync(`${final}.part`)).toBe(false);
  });

  test("begins with the first look where nothing is in the way and there is room", async () => {
    const first = await openReceiver();
    expect(await first.survey()).toMatchObject({ begun: false, finalBytes: null });
    expect(existsSync(`${final}.part`)).toBe(false);
    expect(await first.survey(1)).toMatchObject({ begun: true });
    for (const index of CHUNKS.keys()) await first.send(index);
    await first.ask({ op: "finish", root: "r", sha256: "s", aside: "kept", placed: false });
    expect(await first.survey(1)).toMatchObject({ begun: false, finalBytes: 2 * CHUNK_BYTES });
  });

  test("lets the last upload that began write, and tells an earlier one so", async () => {
    const first = await openReceiver(CHUNK_BYTES, "one");
    await first.ask({ op: "begin" });
    const second = await openReceiver(CHUNK_BYTES, "two");
    await second.ask({ op: "begin" });
    expect(await first.ask({ op: "chunk", index: 0, offset: 0, length: 4 }, Buffer.from("evil"))).toEqual({ error: "ESUPERSEDED" });
    expect(await first.ask({ op: "finish", root: "r", sha256: "s", aside: "kept", placed: false })).toEqual({ error: "ESUPERSEDED" });
    for (const index of CHUNKS.keys()) expect(await second.send(index)).toEqual({ sha256: HASHES[index] });
    await second.ask({ op: "finish", root: "r", sha256: "s", aside: "kept", placed: false });
    expect(readFileSync(final).equals(Buffer.concat(CHUNKS))).toBe(true);
    // Not even its own upload's other connections write to a file that is finished.
    expect(await second.send(0)).toEqual({ error: "ESUPERSEDED" });
    expect(existsSync(`${final}.upload`)).toBe(false);
  });

  test("says by request what its journal has of a chunk", async () => {
    const { ask, send } = await openReceiver();
    await ask({ op: "begin" });
    await send(1);
    expect(await ask({ op: "claim", index: 1 })).toEqual({ sha256: HASHES[1] });
    expect(await ask({ op: "claim", index: 0 })).toEqual({ sha256: null });
  });

  test("reads a chunk that the disk refuses to its end, so that the next request is understood", async (ctx) => {
    if (!existsSync("/dev/full")) return ctx.skip("This system has no device that is always full.");
    const { ask, send, survey } = await openReceiver();
    spawnSync("ln", ["-s", "/dev/full", `${final}.part`]);
    await ask({ op: "begin" });
    expect(await send(0)).toMatchObject({ error: "ENOSPC" });
    expect((await survey()).chunks).toEqual({});
    rmSync(`${final}.part`);
    expect(await ask({ op: "check", which: "part", offset: 0, length: 1 })).toEqual({ sha256: null });
  });
});
