import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

/** A TCP line to a port, of this computer unless another is named, that is slow or breaks when a test wants it to. */
export interface LossyLine {
  port: number;
  /** Bytes that have gone to the host. */
  sent(): number;
  /** Connections made so far, those that were cut included. */
  connections(): number;
  /** Cuts every connection once that many more bytes have gone to the host, then again after the next number. */
  cutAfter(...bytes: number[]): void;
  /** Carries so many bytes a second to the host, all connections together. */
  limit(bytesPerSecond: number): void;
  /** While down, every connection is cut and new ones are refused. */
  setDown(down: boolean): void;
  close(): Promise<void>;
}

export async function openLossyLine(targetPort: number, target = "127.0.0.1"): Promise<LossyLine> {
  const sockets = new Set<Socket>();
  let sent = 0;
  let connections = 0;
  let limits: number[] = [];
  let limit = Infinity;
  let down = false;
  const queue = new LineQueue();

  const plan = () => (limit = limits.length > 0 ? sent + limits.shift()! : Infinity);
  const cutAll = () => {
    plan();
    for (const socket of sockets) socket.resetAndDestroy();
  };

  const server = createServer((near) => {
    if (down) return void near.resetAndDestroy();
    connections++;
    const far = connect(targetPort, target);
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
    near.pipe(queue.before(far));
    far.pipe(near);
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
    limit: (bytesPerSecond) => (queue.rate = bytesPerSecond),
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

/** Of one connection; as much waits in the host's and the desktop's own memory. */
const WINDOW_BYTES = 64 * 1024;

/** What waits until the line can carry it, whichever connection it is of: first come, first carried. */
class LineQueue {
  /** In bytes per second. */
  rate = Infinity;
  #last = Promise.resolve();
  #carriedAt = 0;

  before(far: Socket): Writable {
    let waiting = 0;
    let wake: (() => void) | undefined;
    return new Writable({
      highWaterMark: WINDOW_BYTES,
      write: (data: Buffer, _, done) => {
        waiting += data.length;
        this.#last = this.#last.then(() => this.#carry(data.length));
        void this.#last.then(() => {
          far.write(data);
          waiting -= data.length;
          wake?.();
        });
        if (waiting < WINDOW_BYTES) return done();
        wake = () => {
          wake = undefined;
          done();
        };
      },
      // The host may have ended its side first, and its socket with it: then there is nothing left to end.
      final: (done) => void this.#last.then(() => far.end(() => done())),
    });
  }

  async #carry(bytes: number): Promise<void> {
    const now = performance.now();
    this.#carriedAt = Math.max(now, this.#carriedAt) + (bytes * 1000) / this.rate;
    if (this.#carriedAt > now) await sleep(this.#carriedAt - now);
  }
}
