import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { ChatRequest, type ChatEvent } from "../../src/contract/chat.ts";
import { toErrorReport } from "../../src/contract/errors.ts";
import { guardUpgrade } from "../http/guard.ts";
import { parsed } from "./answers.ts";
import type { Mentor } from "./mentor.ts";

/** A browser cannot set headers on a WebSocket: it offers `chat` and `key.KEY` as subprotocols. */
const PROTOCOL = "chat";
const KEY_PROTOCOL = /(?:^|,)\s*key\.([^\s,]+)/;
const PING_MS = 30_000;

export interface ChatSocketOptions {
  key: string;
  mentor: Mentor;
  used(): void;
  report(error: unknown): void;
}

/** `/ws/chat`: one question after the other on each connection; closing it ends the model's work. */
export function chatSocket({ key, mentor, used, report }: ChatSocketOptions) {
  const server = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false) });

  server.on("connection", (socket: WebSocket) => {
    const gone = new AbortController();
    let last = Promise.resolve();
    const connection = randomUUID();
    let alive = true;
    const ping = setInterval(() => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
    }, PING_MS);
    socket.on("pong", () => (alive = true));
    socket.on("error", report);
    socket.on("close", () => {
      clearInterval(ping);
      gone.abort();
    });
    socket.on("message", (data) => {
      used();
      last = last.then(() => answer(String(data), socket, connection, gone.signal));
    });
  });

  async function answer(text: string, socket: WebSocket, connection: string, signal: AbortSignal): Promise<void> {
    const send = (event: ChatEvent) => socket.send(JSON.stringify(event));
    try {
      signal.throwIfAborted();
      for await (const event of mentor.answer(parsed(fromJson(text), ChatRequest), signal, connection)) send(event);
    } catch (error) {
      if (signal.aborted) return;
      report(error);
      const { message, code } = toErrorReport(error);
      send({ type: "error", message, code });
    }
  }

  return {
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      // Nobody else listens any more: a stranger who hangs up at once would end the whole service.
      socket.on("error", () => socket.destroy());
      const offeredKey = KEY_PROTOCOL.exec(request.headers["sec-websocket-protocol"] ?? "")?.[1];
      if (offeredKey !== undefined) request.headers.authorization ??= `Bearer ${offeredKey}`;
      const refusal = guardUpgrade(request, { key });
      // Not by URL, which throws for a path like "//" that any web page can ask for.
      const found = request.url?.split("?", 1)[0] === "/ws/chat";
      if (refusal !== null || !found) {
        socket.end(`HTTP/1.1 ${refusal?.status ?? 404} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      server.handleUpgrade(request, socket, head, (open) => server.emit("connection", open, request));
    },
    close(): void {
      for (const socket of server.clients) socket.terminate();
      server.close();
    },
  };
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
