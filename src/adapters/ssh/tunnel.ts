import { createServer, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import { MentorError } from "../../contract/errors.ts";
import type { Tunnel } from "../../core/ports.ts";
import type { SshConnection } from "./connection.ts";
import type { Ssh2Error } from "./failure.ts";

/** RFC 4254's "administratively prohibited": AllowTcpForwarding is off. */
const PROHIBITED = 1;

/**
 * Listens on this computer's loopback and carries every connection to the same port on the host's.
 * `connection` is asked each time, so that a tunnel survives a reconnection.
 */
export async function openTunnel(connection: () => Promise<SshConnection>, remotePort: number, wantedLocalPort: number): Promise<Tunnel> {
  await checkAllowed(await connection(), remotePort);
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    carry(socket, connection, remotePort).catch(() => socket.destroy());
  });
  const localPort = await listen(server, wantedLocalPort);
  return {
    localPort,
    moved: localPort !== wantedLocalPort,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function carry(socket: Socket, connection: () => Promise<SshConnection>, remotePort: number): Promise<void> {
  const channel = await (await connection()).forward(remotePort, socket.remotePort ?? 0);
  channel.on("error", () => channel.destroy());
  channel.once("close", () => socket.destroySoon());
  socket.once("close", () => channel.close());
  if (socket.destroyed) channel.close();
  socket.pipe(channel).pipe(socket);
}

/** Nothing may listen on the host yet; but a host that forbids forwarding says so at once. */
async function checkAllowed(connection: SshConnection, remotePort: number): Promise<void> {
  try {
    (await connection.forward(remotePort, 0)).close();
  } catch (error) {
    if ((error as Ssh2Error).reason === PROHIBITED) {
      throw new MentorError("tunnel-failed", `${connection.label} does not allow ports to be forwarded.`, {
        cause: error,
        advice: "Ask whoever runs the host to set AllowTcpForwarding yes in sshd_config.",
      });
    }
    if (error instanceof MentorError) throw error;
  }
}

/** The wanted port, or a free one where it is taken or not ours to take. */
async function listen(server: Server, wanted: number): Promise<number> {
  const tryPort = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port, exclusive: true }, () => {
        server.off("error", reject);
        // One connection that cannot be taken (no file handle left) is not worth the whole app.
        server.on("error", () => {});
        resolve((server.address() as AddressInfo).port);
      });
    });
  try {
    return await tryPort(wanted);
  } catch (error) {
    if (!["EADDRINUSE", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) throw new MentorError("tunnel-failed", "No port could be opened on this computer.", { cause: error });
    return tryPort(0);
  }
}
