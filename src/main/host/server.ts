import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { RPCHandler } from "@orpc/server/ws";
import { WebSocketServer } from "ws";
import { isLoopbackHost, isLoopbackOrigin } from "../../contract/loopback.ts";
import type { MentorRouter } from "./router.ts";

const SUBPROTOCOL = "ai-mentor";
/** oRPC has no heartbeat of its own: a socket that misses two of these is gone. Milliseconds. */
const PING_EVERY = 20_000;

export interface CoreServer {
  port: number;
  /** Open windows and terminals. */
  clients(): number;
  close(): Promise<void>;
}

export interface CoreServerOptions {
  router: MentorRouter;
  token: string;
  /** Serves the window's files; everything else is 404. */
  serveWindow(request: IncomingMessage, response: ServerResponse): void;
  onClientsChanged?(clients: number): void;
}

/**
 * The core's one door: the window's files and the RPC socket, on 127.0.0.1 and a free port. The
 * files are no secret; the socket asks for the token as a subprotocol, which no URL log records.
 */
export async function startCoreServer({ router, token, serveWindow, onClientsChanged }: CoreServerOptions): Promise<CoreServer> {
  const handler = new RPCHandler(router);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1 << 20, handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false) });
  const server = createServer((request, response) => {
    if (!isLoopbackHost(request.headers.host) || !isLoopbackOrigin(request.headers.origin)) return refuse(response);
    serveWindow(request, response);
  });

  server.on("upgrade", (request, socket: Socket, head) => {
    socket.on("error", () => socket.destroy());
    const own = `http://${request.headers.host}`;
    const allowed =
      isLoopbackHost(request.headers.host) &&
      (request.headers.origin === undefined || request.headers.origin === own) &&
      // Not by URL, which throws for a path like "//".
      request.url?.split("?", 1)[0] === "/rpc" &&
      offersToken(request, token);
    if (!allowed) {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      let alive = true;
      client.on("pong", () => (alive = true));
      const heartbeat = setInterval(() => {
        if (!alive) return client.terminate();
        alive = false;
        client.ping();
      }, PING_EVERY);
      client.on("close", () => {
        clearInterval(heartbeat);
        onClientsChanged?.(sockets.clients.size);
      });
      client.on("error", () => client.terminate());
      void handler.upgrade(client);
      onClientsChanged?.(sockets.clients.size);
    });
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    clients: () => sockets.clients.size,
    close: async () => {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function offersToken(request: IncomingMessage, token: string): boolean {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const candidate = offered.find((name) => name.startsWith("token."))?.slice("token.".length);
  if (candidate === undefined) return false;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(candidate), digest(token));
}

function refuse(response: ServerResponse): void {
  response.writeHead(403, { "content-type": "text/plain" }).end("This address answers only to this computer.\n");
}
