import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { MilvusConnection } from "../../../remote/milvus/connection.ts";

test("a Milvus that takes the call and says nothing is not well, however long other calls may take", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => void sockets.push(socket.on("error", () => {}))).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const connection = new MilvusConnection({ address: `127.0.0.1:${(silent.address() as AddressInfo).port}` }, 600_000);
  onTestFinished(async () => {
    silent.close();
    for (const socket of sockets) socket.destroy();
    await connection.close();
  });
  expect(await connection.healthy(20)).toBe(false);
});
