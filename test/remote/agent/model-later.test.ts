import { expect, test } from "vitest";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { RESTARTS } from "../../../remote/agent/restarts.ts";
import { llmConfig, standInAgent, until } from "./stand-in-agent.ts";

/** A service that is ready while its model is still on its way. */
async function readyWithout(model: string, overrides: Parameters<typeof standInAgent>[0] = {}) {
  const { agent, service, diary } = await standInAgent(overrides);
  const config = llmConfig(await freePort(0), model);
  const early = { ...config, modelLater: true };
  await agent.start("llm", early);
  await until(() => service().state === "ready");
  return { agent, service, diary, config, early, ...service() };
}

test("a model that comes later is loaded by the process that runs, which is waited for again, and a restart has it from the first", async () => {
  const { agent, service, diary, config, pid, since } = await readyWithout("good");
  await agent.start("llm", config);
  expect(service()).toMatchObject({ state: "starting", pid });
  await until(() => service().state === "ready");
  expect(service()).toMatchObject({ pid, restarts: 0 });
  expect(service().since > since).toBe(true);
  await agent.start("llm", config);
  expect(service()).toMatchObject({ state: "ready", pid });
  await fetch(`http://127.0.0.1:${config.port}/crash`).catch(() => {});
  await until(() => service().restarts === 1 && service().state === "ready");
  expect(await diary()).toEqual([`start ${pid}`, "load", `start ${service().pid}`]);
});

test.each([
  ["would not take it", "deaf", {}],
  ["is to do more than load it", "good", { parallel: 2 }],
])("a service that %s is started anew with the new configuration", async (_, model, more) => {
  const { agent, service, config, pid } = await readyWithout(model);
  await agent.start("llm", { ...config, ...more });
  await until(() => service().state === "ready");
  expect(service()).toMatchObject({ restarts: 0, error: null });
  expect(service().pid).not.toBe(pid);
});

test("a service that cannot load what came later goes on as before and says why, until it is asked again", async () => {
  const { agent, service, diary, config, early, pid } = await readyWithout("refuses");
  for (let time = 0; time < 2; time++) {
    await agent.start("llm", config);
    expect(service()).toMatchObject({ state: "starting", error: null });
    await until(() => service().state === "ready");
    expect(service()).toMatchObject({ pid, restarts: 0, error: { code: "memory-too-small" } });
  }
  await agent.start("llm", early);
  expect(service()).toMatchObject({ state: "ready", pid, error: null });
  await fetch(`http://127.0.0.1:${config.port}/crash`).catch(() => {});
  await until(() => service().restarts === 1 && service().state === "ready");
  expect(await diary()).toEqual([`start ${pid}`, "load", "load", `start ${service().pid}`]);
});

test("a service that does more than it is asked for is left alone, while it loads and when it is ready", async () => {
  const { agent, service, diary, config, early, pid } = await readyWithout("good");
  await agent.start("llm", config);
  await agent.start("llm", early);
  expect(service()).toMatchObject({ state: "starting", pid });
  await until(() => service().state === "ready");
  await agent.start("llm", early);
  await agent.start("llm", config);
  expect(service()).toMatchObject({ state: "ready", pid, restarts: 0 });
  expect(await diary()).toEqual([`start ${pid}`, "load"]);
});

test("a service that falls silent while it loads what came later is ended and named", async () => {
  const { agent, service, config } = await readyWithout("never-loads", { readyWithinMs: 200 });
  await agent.start("llm", config);
  await until(() => service().state === "failed");
  expect(service().error).toMatchObject({ code: "service-failed", message: expect.stringContaining("did not become ready") });
  expect(service().pid).toBeNull();
});

test("a service that dies of what came later is given up as soon as one that never was ready", async () => {
  const { agent, service, diary, config } = await readyWithout("heavy");
  await agent.start("llm", config);
  await until(() => service().state === "failed");
  expect(service().error).toMatchObject({ code: "service-failed", message: expect.stringContaining(`failed ${RESTARTS.limitBeforeReady + 1} times in a row`) });
  expect((await diary()).filter((line) => line.startsWith("start"))).toHaveLength(RESTARTS.limitBeforeReady + 1);
});
