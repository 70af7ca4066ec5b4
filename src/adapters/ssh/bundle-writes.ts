import type { Socket } from "node:net";

/**
 * From now on hands to the kernel in one call what is written to the socket in one go. ssh2 writes
 * every packet of 32 KiB by itself, and without its native part every one in three pieces. Only for
 * a socket that is connecting or connected: Node takes back other `write` functions on connecting.
 */
export function bundleWrites(socket: Socket): void {
  const write = socket.write.bind(socket) as (...words: unknown[]) => boolean;
  let bundling = false;
  socket.write = (...words: unknown[]): boolean => {
    if (!bundling) {
      bundling = true;
      socket.cork();
      process.nextTick(() => {
        bundling = false;
        socket.uncork();
      });
    }
    return write(...words);
  };
}
