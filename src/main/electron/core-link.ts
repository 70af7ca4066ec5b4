import { RPCHandler } from "@orpc/server/message-port";
import type { MessagePortMain } from "electron";
import { WebSocket } from "ws";
import type { CoreAddress } from "../host/address.ts";
import type { MentorRouter } from "../host/router.ts";

/** Joins a page's port to the core, wherever it runs. */
export type CoreLink = (port: MessagePortMain) => void;

/** The core lives in this process. */
export function linkToRouter(router: MentorRouter): CoreLink {
  const handler = new RPCHandler(router);
  return (port) => {
    handler.upgrade(port);
    port.start();
  };
}

/**
 * Another process of this user hosts the core: both transports carry the same frames, so they are
 * passed on as they are.
 */
export function linkToAddress(address: CoreAddress): CoreLink {
  return (port) => {
    const socket = new WebSocket(`ws://127.0.0.1:${address.port}/rpc`, ["ai-mentor", `token.${address.token}`]);
    socket.binaryType = "arraybuffer";
    const waiting: (string | ArrayBuffer)[] = [];
    socket.on("open", () => waiting.splice(0).forEach((frame) => socket.send(frame)));
    socket.on("message", (data, binary) => port.postMessage(binary ? data : data.toString()));
    socket.on("close", () => port.close());
    socket.on("error", () => socket.terminate());
    port.on("message", ({ data }) => (socket.readyState === WebSocket.OPEN ? socket.send(data) : waiting.push(data)));
    port.on("close", () => socket.close());
    port.start();
  };
}
