import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/websocket";
import type { Link } from "./link.ts";

/** Opens the core's socket. Rejects when nobody answers or the token is not accepted. */
export function openWebSocketLink(address: string, token: string): Promise<Link> {
  return new Promise((resolve, reject) => {
    const websocket = new WebSocket(address, ["ai-mentor", `token.${token}`]);
    const closed = new Promise<void>((close) => websocket.addEventListener("close", () => close()));
    websocket.addEventListener("open", () => resolve({ client: createORPCClient(new RPCLink({ websocket })), closed }));
    closed.then(() => reject(new Error("The core's socket did not open.")));
  });
}
