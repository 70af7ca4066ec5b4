import { createHash, timingSafeEqual } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { Tickets } from "./tickets.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};

/** The page runs our own files and talks to its own origin, nothing else. */
const policy = (host: string) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    // React and Base UI place things by style attributes.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    // Not every browser takes 'self' to cover the WebSocket of the same origin.
    `connect-src 'self' ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");

/**
 * Serves the built window from `folder`. Who may ask at all (Host, Origin) is checked by the server
 * before this is called. Nothing is cached: the port is another one tomorrow. `POST /ticket` with
 * the token as bearer answers `{"ticket"}`, and `/open/TICKET` leads once to the window, token and all.
 */
export function serveWindow(folder: string, token: string, tickets = new Tickets()): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    setHeaders(request, response);
    const path = (request.url ?? "/").split(/[?#]/, 1)[0] ?? "/";
    if (path === "/ticket" && request.method === "POST") return issue(request, response, token, tickets);
    if (path.startsWith("/open/") && request.method === "GET") return open(path.slice("/open/".length), response, token, tickets);
    void answer(folder, path, request, response).catch(() => response.destroy());
  };
}

const digest = (text: string) => createHash("sha256").update(text).digest();

function issue(request: IncomingMessage, response: ServerResponse, token: string, tickets: Tickets): void {
  if (!timingSafeEqual(digest(request.headers.authorization ?? ""), digest(`Bearer ${token}`))) return say(response, 401, "The token is missing or wrong.");
  response.writeHead(201, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify({ ticket: tickets.issue() }));
}

function open(ticket: string, response: ServerResponse, token: string, tickets: Tickets): void {
  if (!tickets.redeem(ticket)) return say(response, 410, "This link has been used or is too old. Run npm start again for a new one.");
  response.writeHead(302, { location: `/#token=${token}` }).end();
}

function setHeaders(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader("content-security-policy", policy(request.headers.host ?? "127.0.0.1"));
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("cross-origin-opener-policy", "same-origin");
  response.setHeader("cross-origin-resource-policy", "same-origin");
  response.setHeader("cache-control", "no-store");
}

async function answer(folder: string, url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("allow", "GET, HEAD");
    return say(response, 405, "Only GET and HEAD are answered here.");
  }
  const path = pathOf(url);
  const file = path === null ? null : await findFile(folder, path);
  if (file === null) return path === "/index.html" ? say(response, 503, "The window has not been built. Run npm start in the project's folder.") : say(response, 404, "There is nothing at this address.");
  response.writeHead(200, { "content-type": TYPES[extname(file.path)] ?? "application/octet-stream", "content-length": file.bytes });
  if (request.method === "HEAD") return void response.end();
  createReadStream(file.path)
    .on("error", () => response.destroy())
    .pipe(response);
}

/** The decoded path; null for one that no file of ours can have. */
function pathOf(url: string): string | null {
  try {
    const path = decodeURIComponent(url);
    if (path === "/") return "/index.html";
    return /[\0\\]/.test(path) || path.split("/").some((part) => part.startsWith(".")) ? null : path;
  } catch {
    return null;
  }
}

/** Only files that really lie inside the folder, whatever links say. */
async function findFile(folder: string, path: string): Promise<{ path: string; bytes: number } | null> {
  try {
    const root = await realpath(folder);
    const real = await realpath(join(root, path));
    if (!real.startsWith(root + sep)) return null;
    const found = await stat(real);
    return found.isFile() ? { path: real, bytes: found.size } : null;
  } catch {
    return null;
  }
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
}
