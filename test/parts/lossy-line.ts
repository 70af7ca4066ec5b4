import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A TCP line to a port of this computer that breaks when a test wants it to. */
export interface LossyLine {
  port: number;
  /** Bytes that have gone to the host. */
  sent(): number;
  /** Connections made so far, those that were cut included. */
  connections(): number;
  /** Cuts every connection once that many more bytes have gone to the host, then again after the next number. */
  cutAfter(...bytes: number[]): void;
  /** While down, every connection is cut and new ones are refused. */
  setDown(down: boolean): void;
  close(): Promise<void>;
}

export async function openLossyLine(targetPort: number): Promise<LossyLine> {
  const sockets = new Set<Socket>();
  let sent = 0;
  let connections = 0;
  let limits: number[] = [];
  let limit = Infinity;
  let down = false;

  const plan = () => (limit = limits.length > 0 ? sent + limits.shift()! : Infinity);
  const cutAll = () => {
    plan();
    for (const socket of sockets) socket.resetAndDestroy();
  };

  const server = createServer((near) => {
    if (down) return void near.resetAndDestroy();
    connections++;
    const far = connect(targetPort, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (data: Buffer) => {
      sent += data.length;
      if (sent >= limit) cutAll();
    });
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    port: (server.address() as AddressInfo).port,
    sent: () => sent,
    connections: () => connections,
    cutAfter(...bytes) {
      limits = bytes;
      plan();
    },
    setDown(value) {
      down = value;
      if (down) cutAll();
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
