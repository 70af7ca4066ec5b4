import { request } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { startCoreServer } from "../../../src/main/host/server.ts";

const TOKEN = "a-token-of-this-test";

async function server() {
  const started = await startCoreServer({ router: {} as never, token: TOKEN, serveWindow: (_request, response) => void response.end("the window") });
  onTestFinished(() => started.close());
  return started;
}

function get(port: number, headers: Record<string, string>): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, path: "/", headers }, (response) => {
      let body = "";
      response.on("data", (data) => (body += data)).on("end", () => resolve({ status: response.statusCode, body }));
    })
      .on("error", reject)
      .end();
  });
}

function open(port: number, protocols: string[], options: { path?: string; origin?: string; headers?: Record<string, string> } = {}): Promise<"open" | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${options.path ?? "/rpc"}`, protocols, { origin: options.origin, headers: options.headers });
  return new Promise((resolve) => {
    socket.on("open", () => (socket.close(), resolve("open")));
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.on("error", () => {});
  });
}

test("the window is served to this computer and to no foreign page", async () => {
  const { port } = await server();
  expect(await get(port, { host: `127.0.0.1:${port}` })).toEqual({ status: 200, body: "the window" });
  expect((await get(port, { host: "evil.example" })).status).toBe(403);
  expect((await get(port, { host: `localhost:${port}`, origin: "https://evil.example" })).status).toBe(403);
  expect((await get(port, { host: `localhost:${port}`, origin: "null" })).status).toBe(403);
});

test("the socket opens for the token alone, and only for our own page", async () => {
  const { port } = await server();
  const good = ["ai-mentor", `token.${TOKEN}`];
  expect(await open(port, good)).toBe("open");
  expect(await open(port, good, { origin: `http://127.0.0.1:${port}` })).toBe("open");
  expect(await open(port, ["ai-mentor"])).toBe(403);
  expect(await open(port, ["ai-mentor", "token.wrong"])).toBe(403);
  expect(await open(port, good, { path: "/other" })).toBe(403);
  expect(await open(port, good, { origin: "http://127.0.0.1:1" })).toBe(403);
  expect(await open(port, good, { headers: { host: "rebound.example" } })).toBe(403);
});

test("an address that is none is refused like any other", async () => {
  const { port } = await server();
  expect(await open(port, ["ai-mentor"], { path: "//" })).toBe(403);
  expect(await open(port, ["ai-mentor", `token.${TOKEN}`])).toBe("open");
});
