import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claimServer } from "../../../remote/milvus/claim.ts";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";
import { noMilvusServer, startMilvusServer, type RunningMilvusServer } from "../../parts/milvus-server.ts";

describe.skipIf(noMilvusServer !== null)(`the real server${noMilvusServer === null ? "" : ` (${noMilvusServer})`}`, () => {
  let milvus: RunningMilvusServer;

  beforeAll(async () => {
    milvus = await startMilvusServer();
  }, 240_000);
  afterAll(() => milvus.stop());

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
});

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
