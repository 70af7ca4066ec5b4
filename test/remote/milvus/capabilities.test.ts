import { once } from "node:events";
import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { probeCapabilities } from "../../../remote/milvus/capabilities.ts";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";
import type { MilvusTarget } from "../../../src/contract/milvus.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { noMilvusServer, startMilvusServer } from "../../parts/milvus-server.ts";
import { startMilvus, type RunningMilvus } from "../../parts/milvus.ts";

async function collections(target: MilvusTarget): Promise<unknown[]> {
  const connection = new MilvusConnection(target, 10_000);
  onTestFinished(() => connection.close());
  return (await connection.call("listCollections", (client) => client.listCollections())).data;
}

describe("Milvus Lite", () => {
  let milvus: RunningMilvus;
  beforeAll(async () => {
    milvus = await startMilvus();
  }, 240_000);
  afterAll(() => milvus.stop());

  test("lets anybody in, replaces rows, and finds words", async () => {
    expect(await probeCapabilities({ address: milvus.address })).toEqual({ version: expect.any(String), enforcesUsers: false, insertOfExistingKey: "replaces", hybridSearch: true, bm25: true });
    expect(await collections({ address: milvus.address })).toEqual([]);
  });
});

describe.skipIf(noMilvusServer !== null)("the real server 2.3.5", () => {
  let milvus: Awaited<ReturnType<typeof startMilvusServer>>;
  beforeAll(async () => {
    milvus = await startMilvusServer();
  }, 240_000);
  afterAll(() => milvus.stop());

  test("asks for a password, keeps two rows of one key where they are inserted, and finds no words", async () => {
    const target = { address: milvus.address, token: milvus.token };
    expect(await probeCapabilities(target)).toEqual({ version: expect.stringMatching(/^v2\.3\.5/), enforcesUsers: true, insertOfExistingKey: "keeps-both", hybridSearch: false, bm25: false });
    expect(await collections(target)).toEqual([]);
  });

  test("a wrong token, none, and a server that wants no TLS are told apart, and no token is said", async () => {
    await expect(probeCapabilities({ address: milvus.address, token: "root:a-wrong-password" })).rejects.toMatchObject({ code: "endpoint-key-rejected", message: expect.not.stringContaining("a-wrong-password") });
    await expect(probeCapabilities({ address: milvus.address })).rejects.toMatchObject({ code: "endpoint-key-rejected", message: expect.stringContaining("none is kept") });
    await expect(probeCapabilities({ address: milvus.address, token: milvus.token, tls: true })).rejects.toMatchObject({ code: expect.stringMatching(/^endpoint-(unreachable|untrusted)$/) });
  });
});

test("where nothing listens, that is said", async () => {
  await expect(probeCapabilities({ address: `127.0.0.1:${await freePort(0)}` })).rejects.toMatchObject({ code: "endpoint-unreachable" });
});

test("a server that knows none of the calls is no Milvus, although its answers hold no error", async () => {
  const strangers = createServer().on("stream", (stream: ServerHttp2Stream) => stream.on("error", () => {}).respond({ ":status": 200, "content-type": "application/grpc", "grpc-status": "12", "grpc-message": "unknown service" }, { endStream: true }));
  const sessions: ServerHttp2Session[] = [];
  strangers.on("session", (session) => sessions.push(session));
  strangers.listen(0, "127.0.0.1");
  await once(strangers, "listening");
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    strangers.close();
  });
  await expect(probeCapabilities({ address: `127.0.0.1:${(strangers.address() as AddressInfo).port}` })).rejects.toMatchObject({ code: "store-lacking" });
});
