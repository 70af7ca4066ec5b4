import { setImmediate } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { agentApp, listen } from "../../../remote/agent/server.ts";
import { AgentClient } from "../../../src/adapters/agent/client.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { cuttableLine } from "../../parts/cuttable-line.ts";
import { KEY, llmConfig, standInAgent, until } from "../../remote/agent/stand-in-agent.ts";

/** A real agent behind a line that can be cut, and a client whose minutes take no time. */
async function agentBehindLine() {
  const { agent, service } = await standInAgent();
  const { server, port } = await listen(agentApp(agent, KEY, async () => {}));
  const line = await cuttableLine(port);
  onTestFinished(async () => {
    await line.close();
    server.closeAllConnections();
    server.close();
  });
  const clock = { now: () => waited, sleep: async (ms: number, signal?: AbortSignal) => void (signal?.throwIfAborted(), (waited += ms), onWait?.(), await setImmediate()) };
  let waited = 0;
  let onWait: (() => void) | undefined;
  const client = new AgentClient({ url: `http://127.0.0.1:${line.port}`, key: KEY, clock });
  return { client, line, service, waited: () => waited, whileWaiting: (act: () => void) => (onWait = act) };
}

test("a start goes on over a short break of the line, whether it was heard or not", async () => {
  for (const cutBefore of ["the start", "a look"]) {
    const { client, line, waited, whileWaiting } = await agentBehindLine();
    const said = new Set<string>();
    let cutAt: number | null = cutBefore === "the start" ? 0 : null;
    if (cutAt !== null) line.cut();
    whileWaiting(() => cutAt !== null && waited() - cutAt >= 30_000 && line.mend());
    const onProgress = ({ detail }: { detail: string }) => {
      said.add(detail);
      if (cutAt !== null) return;
      cutAt = waited();
      line.cut();
    };
    const config = llmConfig(await freePort(0), "good");
    await expect(client.startService("llm", config, { onProgress })).resolves.toMatchObject({ state: "ready", restarts: 0 });
    expect(waited() - cutAt!).toBeGreaterThanOrEqual(30_000);
    expect([...said].join()).toContain("does not answer; it is asked again");
  }
});

test("a line that stays away for a minute fails the start as lost", async () => {
  const { client, line, waited } = await agentBehindLine();
  line.cut();
  await expect(client.startService("llm", llmConfig(await freePort(0), "good"))).rejects.toMatchObject({ code: "host-lost" });
  expect(waited()).toBeGreaterThanOrEqual(60_000);
  expect(waited()).toBeLessThan(65_000);
});

test("what the agent itself says is believed at once", async () => {
  const { client, waited } = await agentBehindLine();
  await expect(client.startService("llm", { port: 1 } as never)).rejects.toMatchObject({ code: "input-invalid" });
  expect(waited()).toBe(0);
});

test("a start that a running service cannot take up fails with its reason, and the service goes on", async () => {
  const { client, service } = await agentBehindLine();
  const config = llmConfig(await freePort(0), "refuses");
  const early = { ...config, modelLater: true };
  await client.startService("llm", early);
  await expect(client.startService("llm", config)).rejects.toMatchObject({ code: "memory-too-small" });
  expect(service().state).toBe("ready");
  await expect(client.startService("llm", early)).resolves.toMatchObject({ state: "ready", error: null });
});

test("a start is cancelled at once while nobody answers", async () => {
  const { client, line, service, waited } = await agentBehindLine();
  const cancel = new AbortController();
  let cutAt: number | null = null;
  const onProgress = () => {
    if (cutAt !== null) return cancel.abort();
    cutAt = waited();
    line.cut();
  };
  await expect(client.startService("llm", llmConfig(await freePort(0), "never-ready"), { signal: cancel.signal, onProgress })).rejects.toMatchObject({ code: "cancelled" });
  expect(waited() - cutAt!).toBeLessThan(5_000);
  expect(service().state).toBe("starting"); // whoever undoes the step stops it
  line.mend();
  await client.stopService("llm");
  await until(() => service().state === "stopped");
});
