import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** What was asked for. In bytes. */
export interface RangeRequest {
  path: string;
  start: number;
  length: number;
}

/** What a mirror does when it is asked; `honest` gives the honest answer. */
export type Misbehave = (asked: RangeRequest, response: ServerResponse, honest: () => void) => void;

/** A web server that gives ranges of one file, as far as a test lets it. */
export interface TestMirror extends AsyncDisposable {
  /** Of the file itself. */
  url: string;
  /** Leads to an address that is signed. */
  resolveUrl: string;
  /** Requests that a signed address answers before it has expired. */
  signatureUses: number;
  /** Signed addresses that were given out. */
  signatures: number;
  connections: number;
  /** Requests for the file, in order. */
  requests: RangeRequest[];
  misbehave: Misbehave | null;
  /** Ends every connection, and answers no more. */
  die(): Promise<void>;
}

/** @param tls in PEM, where it is to speak HTTPS */
export async function startMirror(content: Buffer, tls?: { key: string; cert: string }): Promise<TestMirror> {
  const uses = new Map<string, number>();
  const onRequest: RequestListener = (request, response) => {
    const { pathname, search } = new URL(request.url!, "http://mirror");
    if (pathname === "/resolve/model.gguf") {
      response.writeHead(302, { location: `/signed/model.gguf?signature=${++mirror.signatures}` }).end("moved");
      return;
    }
    if (pathname === "/signed/model.gguf") {
      uses.set(search, (uses.get(search) ?? 0) + 1);
      if (search === "" || uses.get(search)! > mirror.signatureUses) return void response.writeHead(403).end("expired");
    } else if (pathname !== "/model.gguf") {
      return void response.writeHead(404).end("not found");
    }
    const asked = { path: request.url!, ...rangeOf(request, content.length) };
    mirror.requests.push(asked);
    const honest = () => answerRange(asked, response, content);
    if (mirror.misbehave === null) honest();
    else mirror.misbehave(asked, response, honest);
  };
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest);
  server.on("connection", () => mirror.connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `${tls === undefined ? "http" : "https"}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const die = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const mirror: TestMirror = {
    url: `${origin}/model.gguf`,
    resolveUrl: `${origin}/resolve/model.gguf`,
    signatureUses: Infinity,
    signatures: 0,
    connections: 0,
    requests: [],
    misbehave: null,
    die,
    [Symbol.asyncDispose]: die,
  };
  return mirror;
}

export function answerRange({ start, length }: RangeRequest, response: ServerResponse, content: Buffer): void {
  if (start + length > content.length) return void response.writeHead(416).end();
  response.writeHead(206, { "content-range": `bytes ${start}-${start + length - 1}/${content.length}`, "content-length": length });
  response.end(content.subarray(start, start + length));
}

function rangeOf(request: IncomingMessage, bytes: number): { start: number; length: number } {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
  const start = Number(first ?? 0);
  return { start, length: Number(last ?? bytes - 1) - start + 1 };
}
