import { MentorApi } from "../../../adapters/mentor/api.ts";
import { DEFAULT_PORTS } from "../../../contract/agent.ts";
import type { Endpoint } from "../../../contract/session.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import "./facts.ts";

/** Brings the mentor to this computer's loopback. Milvus stays on the host until somebody asks for it. */
export function openTunnels(): StepImplementation {
  const open = async ({ facts, log, request }: StepContext) => {
    // Where an endpoint chats, there is nothing on our LLM server that a person could use.
    const llm = request.chatEndpoint === undefined ? [await openEndpoint(facts, "llm")] : [];
    const api = await openEndpoint(facts, "api");
    facts.set("endpoints", [api, ...llm]);
    for (const { service, url, moved } of [api, ...llm]) log("info", `${service} is at ${url}${moved ? " (the usual port is taken on this computer)" : ""}.`);
    await facts.hold("mentor", new MentorApi({ url: api.url, key: facts.requireHandle("key") }));
  };
  return {
    id: "open-tunnels",
    opensHandles: true,
    async run(context) {
      await open(context);
      return { outcome: context.facts.require("endpoints").map(({ url }) => new URL(url).port).join(" and ") };
    },
    async adopt(context) {
      await open(context);
      return true;
    },
    async undo({ facts }) {
      await facts.drop("mentor");
      await facts.drop("tunnels");
      facts.set("endpoints", []);
    },
  };
}

/** Opens (or reuses) the tunnel to one service of the session. Throws `tunnel-failed`. */
export async function openEndpoint(facts: StepContext["facts"], service: Endpoint["service"]): Promise<Endpoint> {
  const remotePort = facts.require("ports")[service] ?? DEFAULT_PORTS[service];
  const open = facts.handle("tunnels") ?? {};
  const tunnel = open[service] ?? (await facts.requireHandle("host").openTunnel(remotePort, DEFAULT_PORTS[service]));
  if (facts.handle("tunnels") === undefined) {
    const tunnels = { [service]: tunnel };
    await facts.hold("tunnels", tunnels, async () => void (await Promise.all(Object.values(tunnels).map((one) => one?.close()))));
  } else open[service] = tunnel;
  const url = `${service === "milvus" ? "" : "http://"}127.0.0.1:${tunnel.localPort}`;
  return { service, url, moved: tunnel.localPort !== DEFAULT_PORTS[service] };
}

/** Leads to the service's new port where the way to its old one is open. */
export async function moveEndpoint(facts: StepContext["facts"], service: Endpoint["service"]): Promise<void> {
  const open = facts.handle("tunnels");
  if (open?.[service] === undefined) return;
  await open[service].close();
  delete open[service];
  const moved = await openEndpoint(facts, service);
  facts.set("endpoints", facts.require("endpoints").map((one) => (one.service === service ? moved : one)));
}
