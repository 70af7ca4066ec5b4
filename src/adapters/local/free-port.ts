import { createServer, type AddressInfo } from "node:net";

/** `wanted` when nothing on this computer's loopback listens there, else one that is free. */
export async function freePort(wanted: number): Promise<number> {
  return await listenOnce(wanted).catch(() => listenOnce(0));
}

async function listenOnce(port: number): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, resolve);
  });
  const { port: found } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return found;
}
