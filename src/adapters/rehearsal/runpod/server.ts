import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { RunpodAccount } from "./account.ts";
import { exchange, follow } from "./exchange.ts";

export interface RunpodServer {
  /** `http://127.0.0.1:PORT`, without `/v2`. */
  url: string;
  port: number;
  close(): Promise<void>;
}

/** Serves the account on the loopback, as Runpod's API is served; and on a socket file, for pods with a loopback of their own. */
export async function serveRunpod(account: RunpodAccount, socket?: string): Promise<RunpodServer> {
  const open = async (where: { port: number; host: string } | { path: string }) => {
    const server = createServer((request, response) => {
      void handle(account, request, response).catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(where, resolve));
    return server;
  };
  const server = await open({ port: 0, host: "127.0.0.1" });
  const other = socket === undefined ? null : await open({ path: socket });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      await close(server);
      if (other !== null) await close(other);
    },
  };
}

async function handle(account: RunpodAccount, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", "http://localhost");
  const sent = await text(request);
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const said = await exchange(
    account,
    {
      method: request.method ?? "GET",
      pathname: url.pathname,
      query: url.searchParams,
      authorization: request.headers.authorization ?? null,
      body: sent === "" ? undefined : parsed(sent),
      lastEventId: request.headers["last-event-id"]?.toString() ?? null,
    },
    gone.signal,
  );
  if (said === "cut") response.destroy();
  else if ("log" in said) {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    response.once("close", follow(said, (line) => response.write(line)));
  } else response.writeHead(said.status, said.headers).end(said.body === undefined ? undefined : JSON.stringify(said.body));
}

/** What is no JSON reaches the validation as a text, which no body may be. */
function parsed(sent: string): unknown {
  try {
    return JSON.parse(sent) as unknown;
  } catch {
    return sent;
  }
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
