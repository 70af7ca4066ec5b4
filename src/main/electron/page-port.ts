import { MessageChannelMain, type IpcMainEvent } from "electron";
import type { CoreLink } from "./core-link.ts";
import { PAGE_URL } from "./page-protocol.ts";

/** Gives a page its port to the core, if it is our own page's main frame; anyone else gets nothing. */
export function connectPage(event: Pick<IpcMainEvent, "senderFrame" | "sender">, link: CoreLink): void {
  const frame = event.senderFrame;
  if (frame === null || frame !== event.sender.mainFrame || frame.url.split("#")[0] !== PAGE_URL) return;
  const { port1, port2 } = new MessageChannelMain();
  link(port1);
  event.sender.postMessage("core:port", null, [port2]);
}
