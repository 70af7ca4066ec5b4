import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { agentApp, listen } from "../../../../remote/agent/server.ts";
import { AgentClient } from "../../../../src/adapters/agent/client.ts";
import { systemClock } from "../../../../src/adapters/local/clock.ts";
import { freePort } from "../../../../src/adapters/local/free-port.ts";
import { LocalHost } from "../../../../src/adapters/local/host.ts";
import { hostLayout } from "../../../../src/core/host/layout.ts";
import { SessionFacts } from "../../../../src/core/session/facts.ts";
import type { StepContext } from "../../../../src/core/session/step.ts";
import { openEndpoint } from "../../../../src/main/host/steps/open-tunnels.ts";
import { settlePorts } from "../../../../src/main/host/steps/local-ports.ts";
import { startLlm } from "../../../../src/main/host/steps/services.ts";
import { KEY, standInAgent } from "../../../remote/agent/stand-in-agent.ts";

/** A session on this computer as it is before its services start, with a real agent. */
async function session(over: { host?: unknown } = {}) {
  const { agent } = await standInAgent();
  const { server, port } = await listen(agentApp(agent, KEY, async () => {}));
  onTestFinished(() => void (server.closeAllConnections(), server.close()));
  const said: string[] = [];
  const facts = new SessionFacts();
  const ports = { llm: await freePort(0), api: await freePort(0), milvus: await freePort(0) };
  facts.set("ports", ports);
  facts.set("layout", { models: "good" } as never);
  facts.set("modelParts", ["m.gguf"]);
  facts.set("gpu", "cpu");
  facts.set("fit", { contextTokens: 512, parallel: 1, bytes: { total: 1 } } as never);
  await facts.hold("host", (over.host ?? new LocalHost()) as LocalHost);
  await facts.hold("agent", new AgentClient({ url: `http://127.0.0.1:${port}`, key: KEY, clock: systemClock, pollMs: 10 }));
  const context = { facts, signal: new AbortController().signal, request: { host: { kind: "local" } }, log: (_: string, text: string) => said.push(text), progress: () => {}, checkpoint: async () => {} } as unknown as StepContext;
  return { facts, ports, context, said };
}

async function occupy(port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
}

test("a port that another program has taken since it was chosen is chosen anew on this computer, and said", async () => {
  const { facts, ports, context, said } = await session();
  await occupy(ports.llm);
  await occupy(ports.milvus);
  const step = startLlm({ secrets: {} as never });
  const { outcome } = (await step.run(context))!;
  const moved = facts.require("ports");
  expect(outcome).toBe(`port ${moved.llm}`);
  expect(moved.llm).not.toBe(ports.llm);
  expect(moved.milvus).not.toBe(ports.milvus);
  expect(moved.api).toBe(ports.api);
  expect(said.join("\n")).toContain(`Port ${ports.llm} of this computer is in use by another program; port ${moved.llm} is taken instead.`);
  // A service of the session's own holds its port: it stays where it is.
  await step.run(context);
  expect(facts.require("ports")).toEqual(moved);
});

test("a mentor that runs already is told where its model has moved to, and so is the window", async () => {
  const { facts, ports, context } = await session();
  const asked: [name: string, config: { llmUrl?: string; port: number }][] = [];
  const service = (name: string, state: string) => ({ name, state, port: 1 });
  await facts.hold("agent", { status: async () => ({ services: [service("llm", "failed"), service("api", "ready"), service("milvus", "ready")] }), startService: async (name: string, config: never) => (asked.push([name, config]), service(name, "ready")) } as never);
  facts.set("embedding", { name: "model-a", sha256: "a".repeat(64) });
  facts.set("layout", hostLayout("/root", "linux", null));
  facts.set("report", { networkVolume: null } as never);
  facts.set("hostLabel", "this computer");
  facts.set("endpoints", [await openEndpoint(facts, "api"), await openEndpoint(facts, "llm")]);
  const step = startLlm({ secrets: { get: async () => null } as never });
  await step.run(context);
  expect(asked.map(([name]) => name)).toEqual(["llm"]);
  await occupy(ports.llm);
  asked.length = 0;
  await step.run(context);
  const { llm } = facts.require("ports");
  expect(asked).toEqual([["llm", expect.objectContaining({ port: llm })], ["api", expect.objectContaining({ port: ports.api, llmUrl: `http://127.0.0.1:${llm}` })]]);
  expect(facts.require("endpoints").map(({ url }) => url)).toEqual([`http://127.0.0.1:${ports.api}`, `http://127.0.0.1:${llm}`]);
});

test("services that start side by side agree on the ports", async () => {
  const { facts, ports, context } = await session();
  await occupy(ports.llm);
  const seen: unknown[] = [];
  await Promise.all([1, 2].map(() => settlePorts(context).then(() => seen.push(facts.require("ports")))));
  expect(seen[0]).toEqual(seen[1]);
  expect(facts.require("ports").llm).not.toBe(ports.llm);
});

test("on a host elsewhere a port is left as it is", async () => {
  const { facts, ports, context } = await session({ host: { kind: "ssh", close: async () => {} } });
  await occupy(ports.llm);
  await settlePorts(context);
  expect(facts.require("ports")).toEqual(ports);
});
