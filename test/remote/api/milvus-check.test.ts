import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { selfSigned } from "../../parts/certificate.ts";
import { noMilvusServer, startMilvusServer, type RunningMilvusServer } from "../../parts/milvus-server.ts";

const MAIN = fileURLToPath(new URL("../../../remote/api/main.ts", import.meta.url));

/** What a host runs, with the question on its standard input. */
async function check(request: object, env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [MAIN, "--check-milvus"], { env: { ...process.env, ...env }, stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(JSON.stringify(request));
  const [output, [exit]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return { exit, said: JSON.parse(output.trim().split("\n").at(-1)!) as { result?: { version: string }; error?: { code: string; message: string } } };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "milvus-check-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe.skipIf(noMilvusServer !== null)("a check of the real server", () => {
  let milvus: RunningMilvusServer;
  beforeAll(async () => {
    milvus = await startMilvusServer();
  }, 240_000);
  afterAll(() => milvus.stop());

  test("over TLS it goes by the authorities that the host knows, and sends no token before", async () => {
    const tls = selfSigned(folder());
    let bytes = 0;
    const sockets = new Set<{ destroy(): void }>();
    const server = createServer({ ...tls, ALPNProtocols: ["h2"] }, (outer) => {
      const inner = connect(milvus.port, "127.0.0.1");
      for (const one of [outer, inner]) sockets.add(one.on("error", () => {}));
      outer.on("data", (chunk: Buffer) => (bytes += chunk.length));
      outer.pipe(inner).pipe(outer);
    }).on("tlsClientError", () => {});
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const target = { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, tls: true, token: milvus.token };
    expect(await check({ target })).toMatchObject({ exit: 1, said: { error: { code: "endpoint-untrusted" } } });
    expect(bytes).toBe(0);
    expect(await check({ target }, { SSL_CERT_FILE: tls.file })).toMatchObject({ exit: 0, said: { result: { version: expect.stringMatching(/^v2\.3\.5/), enforcesUsers: true } } });
  });
});

test("what is no question is one plain error", async () => {
  expect(await check({ target: {} })).toMatchObject({ exit: 1, said: { error: { code: "input-invalid" } } });
});
