import { mkdtemp, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { createServer, request, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serveWindow } from "../../../src/main/web/serve-window.ts";
import { Tickets } from "../../../src/main/web/tickets.ts";

const TOKEN = "t".repeat(43);
let folder: string;
let now: number;
let port: number;
let close: () => void;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "window-"));
  await mkdir(join(folder, "built/assets"), { recursive: true });
  await writeFile(join(folder, "built/index.html"), "<!doctype html>window");
  await writeFile(join(folder, "built/assets/main ü.js"), "1;");
  await writeFile(join(folder, "built/.hidden"), "secret");
  await writeFile(join(folder, "secret.txt"), "secret");
  await symlink(join(folder, "secret.txt"), join(folder, "built/link.txt"));
  now = 0;
  const server = createServer(serveWindow(join(folder, "built"), TOKEN, new Tickets(() => now)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
  close = () => server.close();
});

afterEach(async () => {
  close();
  await rm(folder, { recursive: true });
});

/** Sends the path exactly as written: fetch would tidy it first. */
function get(path: string, { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<IncomingMessage & { text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve(Object.assign(response, { text })));
    });
    sent.on("error", reject).end();
  });
}

test("the page comes with its type, a strict policy, and is not kept", async () => {
  const { statusCode, headers, text } = await get("/");
  expect([statusCode, text, headers["content-type"], headers["cache-control"]]).toEqual([200, "<!doctype html>window", "text/html; charset=utf-8", "no-store"]);
  const policy = String(headers["content-security-policy"]);
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain(`connect-src 'self' ws://127.0.0.1:${port}`);
  expect(policy).not.toContain("unsafe-eval");
  expect(headers["x-content-type-options"]).toBe("nosniff");
});

test("a file is found by its encoded name", async () => {
  const { statusCode, headers, text } = await get("/assets/main%20%C3%BC.js?v=1");
  expect([statusCode, headers["content-type"], text]).toEqual([200, "text/javascript; charset=utf-8", "1;"]);
});

test.each(["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/..%5csecret.txt", "/link.txt", "/.hidden", "/assets", "/%00", "/%", "/nothing", "//etc/passwd"])("%s leads nowhere", async (path) => {
  const { statusCode, text } = await get(path);
  expect([statusCode, text.includes("secret"), text.includes("root")]).toEqual([404, false, false]);
});

test("nothing can be sent to it, and a HEAD has no body", async () => {
  expect((await get("/", { method: "POST" })).statusCode).toBe(405);
  const head = await get("/", { method: "HEAD" });
  expect([head.statusCode, head.text, head.headers["content-length"]]).toEqual([200, "", "21"]);
});

test("a window that was never built is said", async () => {
  await rm(join(folder, "built/index.html"));
  const { statusCode, text } = await get("/");
  expect(statusCode).toBe(503);
  expect(text).toContain("npm start");
});

test("a ticket is given for the token only, leads to the window once, and gets old", async () => {
  const bearer = (token: string) => ({ method: "POST", headers: { authorization: `Bearer ${token}` } });
  expect((await get("/ticket", { method: "POST" })).statusCode).toBe(401);
  expect((await get("/ticket", bearer(`${TOKEN}x`))).statusCode).toBe(401);

  const { ticket } = JSON.parse((await get("/ticket", bearer(TOKEN))).text) as { ticket: string };
  const first = await get(`/open/${ticket}`);
  expect([first.statusCode, first.headers.location]).toEqual([302, `/#token=${TOKEN}`]);
  const second = await get(`/open/${ticket}`);
  expect([second.statusCode, second.headers.location]).toEqual([410, undefined]);

  const { ticket: late } = JSON.parse((await get("/ticket", bearer(TOKEN))).text) as { ticket: string };
  now += 60_001;
  expect((await get(`/open/${late}`)).statusCode).toBe(410);
});
