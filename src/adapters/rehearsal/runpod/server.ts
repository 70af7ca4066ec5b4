import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { RunpodAccount } from "./account.ts";
import { exchange, follow } from "./exchange.ts";

export interface RunpodServer {
  /** `http://127.0.0.1:PORT`, without `/v2`. */
  url: string;
  close(): Promise<void>;
}

/** Serves the account on the loopback, as Runpod's API is served. */
export async function serveRunpod(account: RunpodAccount): Promise<RunpodServer> {
  const server = createServer((request, response) => {
    void handle(account, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => close(server) };
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
