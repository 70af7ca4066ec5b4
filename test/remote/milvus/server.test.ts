import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rename, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { connect } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { countOf } from "../../../remote/backup/pages.ts";
import { claimServer } from "../../../remote/milvus/claim.ts";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";
import type { MilvusTarget } from "../../../src/contract/milvus.ts";
import { insertRows, makeCollection, rowOf } from "../../parts/course.ts";
import { noMilvusServer, startMilvusServer, type RunningMilvusServer } from "../../parts/milvus-server.ts";

describe.skipIf(noMilvusServer !== null)(`the real server${noMilvusServer === null ? "" : ` (${noMilvusServer})`}`, () => {
  let folder: string;
  let milvus: RunningMilvusServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mentor-milvus-server-"));
    milvus = await startMilvusServer({ dataDir: join(folder, "data") });
  }, 240_000);
  afterAll(async () => {
    await milvus.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("nobody gets in but with the password that it was given", async () => {
    for (const token of ["root:Milvus", "root:wrong", undefined]) {
      const stranger = new MilvusConnection({ address: milvus.address, token }, 5_000);
      await expect(stranger.call("listCollections", (client) => client.listCollections())).rejects.toMatchObject({ code: "search-failed" });
      await stranger.close();
    }
    const root = new MilvusConnection({ address: milvus.address, token: milvus.token }, 5_000);
    await root.call("listCollections", (client) => client.listCollections());
    await root.close();
  });

  test("it is reached over this computer's loopback and over no other interface, by none of its ports", async () => {
    const listening = ["tcp", "tcp6"].flatMap((table) => readFileSync(`/proc/net/${table}`, "utf8").split("\n").slice(1)).filter((line) => line.trim().split(/\s+/)[3] === "0A");
    const descriptors = spawnSync("sh", ["-c", `for p in ${milvus.pid} $(cat /proc/${milvus.pid}/task/*/children); do ls -l /proc/$p/fd; done`], { encoding: "utf8" }).stdout;
    const mine = listening.map((line) => line.trim().split(/\s+/)).filter((fields) => descriptors.includes(`socket:[${fields[9]}]`));
    expect(mine.map((fields) => fields[1])).toEqual([`0100007F:${milvus.port.toString(16).toUpperCase().padStart(4, "0")}`]);
    const others = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter(({ internal, family }) => !internal && family === "IPv4");
    for (const { address } of others) expect(await answers(address, milvus.port)).toBe(false);
  });

  test("a server that was claimed before is left as it is, and nobody else can claim it", async () => {
    expect(await claimServer({ address: milvus.address, token: milvus.token })).toBe(false);
    await expect(claimServer({ address: milvus.address, token: "root:another-password" }, 0)).rejects.toMatchObject({ code: "search-failed" });
    expect(await claimServer({ address: milvus.address, token: milvus.token })).toBe(false);
  });

  test("its password is in no argument of any process", () => {
    const children = readFileSync(`/proc/${milvus.pid}/task/${milvus.pid}/children`, "utf8").trim().split(" ");
    for (const pid of [milvus.pid, ...children]) expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).not.toContain("pass-of-this-test");
  });

  test("a copy of its folder, put elsewhere, is opened with another password, and has the rows", { timeout: 240_000 }, async () => {
    await using(milvus, async (connection) => {
      await makeCollection(connection, "rocks", 8);
      await insertRows(connection, "rocks", [rowOf(1, 0, 8), rowOf(1, 1, 8)]);
      await connection.call("flush", (client) => client.flushSync({ collection_names: ["rocks"] }));
    });
    const dataDir = join(folder, "elsewhere");
    await milvus.stop();
    await rename(milvus.dataDir, dataDir);
    const unlocked = await startMilvusServer({ dataDir, rootPassword: "pass-of-this-host", unlocked: true });
    await unlocked.stop();
    milvus = await startMilvusServer({ dataDir, rootPassword: "pass-of-this-host" });
    await expect(using({ ...milvus, token: "root:pass-of-this-test" }, (connection) => connection.call("listCollections", (client) => client.listCollections()))).rejects.toMatchObject({ code: "search-failed" });
    await using(milvus, async (connection) => {
      await connection.call("load", (client) => client.loadCollectionSync({ collection_name: "rocks" }));
      expect(await countOf({ connection, name: "rocks" })).toBe(2);
    });
  });
});

async function using<Result>(target: MilvusTarget, work: (connection: MilvusConnection) => Promise<Result>): Promise<Result> {
  const connection = new MilvusConnection(target, 60_000);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
