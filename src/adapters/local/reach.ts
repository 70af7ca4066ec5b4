import { connect } from "node:net";
import type { Reached } from "../../core/rent/reach.ts";

const WITHIN_MS = 6_000;

/** Tries to open a TCP connection, and closes it again at once. */
export function reach(host: string, port: number, signal?: AbortSignal): Promise<Reached> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const abort = () => {
      socket.destroy();
      reject(signal!.reason);
    };
    const end = (reached: Reached) => {
      signal?.removeEventListener("abort", abort);
      socket.destroy();
      resolve(reached);
    };
    signal?.addEventListener("abort", abort, { once: true });
    socket.setTimeout(WITHIN_MS, () => end("silent"));
    socket.once("connect", () => end("open"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code === "ECONNREFUSED" ? "refused" : "silent"));
  });
}
