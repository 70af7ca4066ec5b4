import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { answerRange, startMirror, type Misbehave, type TestMirror } from "../../parts/mirror.ts";
import { pythonMissing, startReceiver } from "../../parts/receiver.ts";
import { seededBytes } from "../../parts/seeded.ts";

const CHUNK_BYTES = 300_000;
const content = seededBytes(3, 3 * CHUNK_BYTES + 17);
const chunkOf = (index: number) => content.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
const hashOf = (index: number) => createHash("sha256").update(chunkOf(index)).digest("hex");

let folder: string;
let final: string;
let mirror: TestMirror;
let round = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ai-mentor-mirror-"));
});
beforeEach(async () => {
  final = join(folder, String(round++), "model.gguf");
  mirror = await startMirror(content);
  onTestFinished(() => mirror[Symbol.asyncDispose]());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A receiver that has begun; `fetch` asks it for one chunk. */
async function openReceiver({ timeoutSeconds = 10, fetchers = 1, env = {} } = {}) {
  const { ask, close } = await startReceiver({ final, upload: "one", bytes: content.length, chunkBytes: CHUNK_BYTES }, { withMirror: true, env });
  onTestFinished(close);
  await ask({ op: "begin" });
  const fetch = (index: number, url = mirror.url, sha256 = hashOf(index)) =>
    ask({ op: "fetch", index, offset: index * CHUNK_BYTES, length: chunkOf(index).length, sha256, url, timeoutSeconds, fetchers });
  return { ask, fetch };
}

/** What the journal holds of chunks. */
const landed = () => [...readFileSync(`${final}.journal`, "utf8").matchAll(/"i": (\d+)/g)].map(([, index]) => Number(index));

describe.skipIf(pythonMissing !== null)("a receiver with a mirror", () => {
  test("fetches chunks over a connection that is kept, and says how long it took and waited", async () => {
    const { fetch } = await openReceiver();
    for (const index of [2, 0, 3, 1]) {
      expect(await fetch(index)).toEqual({ fetched: index, sha256: hashOf(index), idleSeconds: expect.any(Number), seconds: expect.any(Number) });
    }
    expect(readFileSync(`${final}.part`).equals(content)).toBe(true);
    expect(landed()).toEqual([2, 0, 3, 1]);
    expect(mirror.requests.map(({ start, length }) => [start, length])).toEqual([2, 0, 3, 1].map((index) => [index * CHUNK_BYTES, chunkOf(index).length]));
    expect(mirror.connections).toBe(1);
  });

  test("fetches several at once, and answers other questions meanwhile", async () => {
    const { ask, fetch } = await openReceiver({ fetchers: 3 });
    const held: (() => void)[] = [];
    mirror.misbehave = (_, __, honest) => void held.push(honest);
    const replies = [fetch(0), fetch(1), fetch(2), ask({ op: "claim", index: 2 })];
    expect(await replies[0]).toEqual({ sha256: null });
    await expect.poll(() => held.length).toBe(3);
    for (const answer of held) answer();
    expect((await Promise.all(replies.slice(1))).map(({ fetched }) => fetched).toSorted()).toEqual([0, 1, 2]);
    expect(readFileSync(`${final}.part`).equals(content.subarray(0, 3 * CHUNK_BYTES))).toBe(true);
  });

  test("lets all who fetch know of one signed address", async () => {
    const { fetch } = await openReceiver({ fetchers: 3 });
    for (let times = 0; times < 4; times++) for (const index of [0, 1, 2, 3]) expect(await fetch(index, mirror.resolveUrl)).toMatchObject({ sha256: hashOf(index) });
    expect(mirror.signatures).toBe(1);
    // One of those who fetch has gone the way of the redirect first.
    expect(mirror.connections).toBeLessThanOrEqual(4);
  });

  test("writes nothing that is not the stick's", async () => {
    const { ask, fetch } = await openReceiver();
    expect(await fetch(1, mirror.url, hashOf(0))).toMatchObject({ sha256: hashOf(1) });
    expect(readFileSync(`${final}.part`)).toHaveLength(0);
    expect(landed()).toEqual([]);
    expect(await ask({ op: "claim", index: 1 })).toEqual({ sha256: null });
  });

  test("goes to the signed address at once the next time, and asks for a new one when it has expired", async () => {
    const { fetch } = await openReceiver();
    mirror.signatureUses = 2;
    for (const index of [0, 1, 2, 3]) expect(await fetch(index, mirror.resolveUrl)).toMatchObject({ sha256: hashOf(index) });
    expect(mirror.signatures).toBe(2);
  });

  test("connects again where the mirror has let the connection go", async () => {
    const { fetch } = await openReceiver();
    mirror.misbehave = (asked, response, honest) => {
      const { socket } = response;
      // First it says so, then it just goes.
      response.shouldKeepAlive = asked.start > 0;
      if (asked.start === 2 * CHUNK_BYTES) response.once("finish", () => socket!.destroySoon());
      honest();
    };
    for (const index of [0, 1, 2, 3]) expect(await fetch(index)).toMatchObject({ sha256: hashOf(index) });
    expect(mirror.connections).toBe(3);
  });

  const WHOLE = `bytes 0-${CHUNK_BYTES - 1}/${content.length}`;
  const begin = (response: Parameters<Misbehave>[1], range = WHOLE, bytes = CHUNK_BYTES) => response.writeHead(206, { "content-range": range, "content-length": bytes });
  const redirect =
    (location: string): Misbehave =>
    (_, response) =>
      response.writeHead(302, { location }).end();
  const status =
    (code: number): Misbehave =>
    (_, response) =>
      response.writeHead(code).end();

  test.each<[string, RegExp, Misbehave]>([
    ["ignores ranges", /whole files only/, (_, response) => response.writeHead(200).end(content)],
    ["is busy", /answered 503/, status(503)],
    ["does not have the file", /answered 404/, status(404)],
    ["sends another range", /another part/, (asked, response) => answerRange({ ...asked, start: asked.start + 1 }, response, content)],
    ["does not say which range it sends", /another part/, (_, response) => response.writeHead(206, { "content-length": CHUNK_BYTES }).end(chunkOf(0))],
    ["has a file of another size", /another size/, (_, response) => begin(response, `bytes 0-${CHUNK_BYTES - 1}/${content.length + 1}`).end(chunkOf(0))],
    ["breaks off", /broke off|cannot be read/, (_, response) => begin(response).write(chunkOf(0).subarray(0, 1000), () => response.destroy())],
    ["sends too little", /broke off/, (_, response) => begin(response, WHOLE, 1000).end(chunkOf(0).subarray(0, 1000))],
    ["leads in a circle", /without an end/, redirect("/model.gguf?secret=1")],
    ["leads to a place without HTTPS", /over HTTPS only/, redirect("http://mirror.example/?secret=1")],
    ["leads to a file of the host", /over HTTPS only/, redirect("file:///etc/passwd")],
    ["speaks no HTTP", /cannot be read/, (_, response) => response.socket!.end("220 smtp secret=1\r\n")],
  ])("that %s says so, without the address, and fetches again when it is well", async (_, message, misbehave) => {
    const { fetch } = await openReceiver();
    mirror.misbehave = misbehave;
    const fault = await fetch(0, `${mirror.url}?secret=1`);
    expect(fault).toMatchObject({ fetched: 0, error: "EMIRROR", message: expect.stringMatching(message) });
    expect(fault.message).not.toMatch(/secret|model\.gguf/);
    expect(readFileSync(`${final}.journal`, "utf8")).not.toMatch(/"i"/);
    mirror.misbehave = null;
    for (const index of [0, 1]) expect(await fetch(index)).toMatchObject({ sha256: hashOf(index) });
  });

  test("reads no more than it asked for, and does not take what is too much for the next answer", async () => {
    const { fetch } = await openReceiver();
    mirror.misbehave = (_, response) => {
      begin(response, WHOLE, content.length).end(content);
      mirror.misbehave = null;
    };
    expect(await fetch(0)).toMatchObject({ sha256: hashOf(0) });
    expect(await fetch(1)).toMatchObject({ sha256: hashOf(1) });
    expect(readFileSync(`${final}.part`).equals(content.subarray(0, 2 * CHUNK_BYTES))).toBe(true);
  });

  test.each<[string, Misbehave]>([
    ["says nothing", () => {}],
    ["stops in the middle", (_, response) => begin(response).write("x")],
    [
      "drips",
      (_, response) => {
        begin(response);
        const dripping = setInterval(() => response.write("x"), 20);
        response.once("close", () => clearInterval(dripping));
      },
    ],
  ])("one that %s is not waited for longer than allowed", async (_, misbehave) => {
    const { fetch } = await openReceiver({ timeoutSeconds: 0.15 });
    mirror.misbehave = misbehave;
    expect(await fetch(0)).toMatchObject({ error: "EMIRROR", message: expect.stringMatching(/did not answer in time/) });
    expect(existsSync(`${final}.part`)).toBe(true);
  });

  test("a place that nobody answers at, or that is asked without HTTPS, is told by its host", async () => {
    const { fetch } = await openReceiver();
    expect(await fetch(0, "http://mirror.example/model.gguf?secret=1")).toMatchObject({ error: "EMIRROR", message: "mirror.example is asked over HTTPS only" });
    const dead = await openReceiver();
    await mirror.die();
    expect(await dead.fetch(0, mirror.url)).toMatchObject({ error: "EMIRROR", message: expect.stringMatching(/^127\.0\.0\.1 cannot be read/) });
  });

  test("over HTTPS it must prove who it is", async (ctx) => {
    const tls = makeCertificate(folder);
    if (tls === null) return ctx.skip("OpenSSL, which makes the test's certificate, is not installed.");
    await using secure = await startMirror(content, { key: readFileSync(tls.key, "utf8"), cert: readFileSync(tls.cert, "utf8") });
    const stranger = await openReceiver();
    expect(await stranger.fetch(0, secure.url)).toMatchObject({ error: "EMIRROR", message: expect.stringMatching(/^127\.0\.0\.1 could not prove who it is/) });
    const acquainted = await openReceiver({ env: { SSL_CERT_FILE: tls.cert } });
    expect(await acquainted.fetch(0, secure.url)).toMatchObject({ sha256: hashOf(0) });
    secure.misbehave = redirect(mirror.url);
    expect(await acquainted.fetch(1, secure.url)).toMatchObject({ error: "EMIRROR", message: "127.0.0.1 leads to an address without HTTPS" });
  });
});

/** Paths in PEM, for 127.0.0.1; null where it cannot be made. */
function makeCertificate(place: string): { key: string; cert: string } | null {
  const [key, cert] = [join(place, "tls.key"), join(place, "tls.crt")] as const;
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=mirror", "-addext", "subjectAltName=IP:127.0.0.1"];
  return spawnSync("openssl", [...words, "-keyout", key, "-out", cert]).status === 0 ? { key, cert } : null;
}
