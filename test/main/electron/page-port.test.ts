import { EventEmitter } from "node:events";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { MessagePortMain } from "electron";
import { RPCLink } from "@orpc/client/message-port";
import { createORPCClient } from "@orpc/client";
import type { ContractRouterClient } from "@orpc/contract";
import { createRouterClient, implement } from "@orpc/server";
import { expect, onTestFinished, test, vi } from "vitest";
import { contract, type Contract } from "../../../src/contract/rpc.ts";
import { startCoreServer } from "../../../src/main/host/server.ts";

const ports = vi.hoisted(() => ({ made: 0 }));
vi.mock("electron", () => ({
  MessageChannelMain: class {
    port1 = { name: "ours" };
    port2 = { name: "the page's" };
    constructor() {
      ports.made++;
    }
  },
}));

const { connectPage } = await import("../../../src/main/electron/page-port.ts");
const { linkToAddress, linkToRouter } = await import("../../../src/main/electron/core-link.ts");

test("our own page's main frame gets a port, a foreign page or an inner frame does not", () => {
  const link = vi.fn<() => void>();
  const ask = (url: string, inner = false) => {
    const frame = { url };
    const sender = { mainFrame: inner ? { url } : frame, postMessage: vi.fn<() => void>() };
    connectPage({ senderFrame: frame, sender } as never, link);
    return sender.postMessage.mock.calls;
  };
  expect(ask("https://evil.example/")).toEqual([]);
  expect(ask("app://mentor/index.html", true)).toEqual([]);
  expect(ports.made).toBe(0);
  expect(ask("app://mentor/index.html#home")).toEqual([["core:port", null, [{ name: "the page's" }]]]);
  expect(link).toHaveBeenCalledExactlyOnceWith({ name: "ours" });
});

/** The part of Electron's MessagePortMain that is used, over Node's own MessagePort. */
function mainPort(port: MessagePort): MessagePortMain {
  const emitter = new EventEmitter();
  port.on("message", (data: unknown) => emitter.emit("message", { data }));
  return Object.assign(emitter, { postMessage: (data: unknown) => port.postMessage(data), start: () => port.start(), close: () => port.close() }) as unknown as MessagePortMain;
}

const os = implement(contract);
const settings = { version: 1 as const, hosts: [], lastHost: { kind: "local" as const }, theme: "dark" as const, folders: [], courseFolders: [], backup: { folder: null, atStop: "away" as const, keep: 5 }, runpod: {}, mirrors: {}, language: "system" as const, welcomed: true, notify: true, keepConversations: true };
const router = { app: { settings: os.app.settings.handler(() => settings) } };

test.each(["this process", "another process"])("a page calls the core in %s through its port", async (where) => {
  expect(await createRouterClient(router).app.settings()).toEqual(settings);
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => (port1.close(), port2.close()));
  if (where === "this process") linkToRouter(router as never)(mainPort(port1));
  else {
    const server = await startCoreServer({ router: router as never, token: "t", serveWindow: () => {} });
    onTestFinished(() => server.close());
    linkToAddress({ pid: process.pid, port: server.port, token: "t", version: "0" })(mainPort(port1));
  }
  port2.start();
  const client: ContractRouterClient<Contract> = createORPCClient(new RPCLink({ port: port2 as never }));
  expect(await client.app.settings()).toEqual(settings);
});
