import { createORPCClient } from "@orpc/client";
import { RPCLink } from "@orpc/client/message-port";
import type { Link } from "./link.ts";

declare global {
  interface Window {
    /** What Electron's preload gives the page: asked, it posts a message that carries a port to the core. */
    aiMentor?: { connect(): void };
  }
}

const HERE_IS_PORT = "ai-mentor:port";
const ANSWER_WITHIN = 5000;

/** Takes the port that the preload hands over. Rejects when none comes within five seconds. */
export function openMessagePortLink(): Promise<Link> {
  return new Promise((resolve, reject) => {
    const waited = setTimeout(() => settle(() => reject(new Error("The app handed over no port."))), ANSWER_WITHIN);
    const settle = (then: () => void) => {
      clearTimeout(waited);
      window.removeEventListener("message", onMessage);
      then();
    };
    const onMessage = ({ source, data, ports: [port] }: MessageEvent) => {
      // Only this very window, where the preload lives, may hand over a port.
      if (source !== window || data?.type !== HERE_IS_PORT || port === undefined) return;
      const closed = new Promise<void>((close) => port.addEventListener("close", () => close()));
      const client: Link["client"] = createORPCClient(new RPCLink({ port }));
      port.start();
      settle(() => resolve({ client, closed }));
    };
    window.addEventListener("message", onMessage);
    window.aiMentor?.connect();
  });
}
