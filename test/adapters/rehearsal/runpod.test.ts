import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { RunpodAccount, type AccountOptions } from "../../../src/adapters/rehearsal/runpod/account.ts";
import { answerViolations } from "../../../src/adapters/rehearsal/runpod/description.ts";
import { fetchFrom } from "../../../src/adapters/rehearsal/runpod/fetch.ts";
import { serveRunpod } from "../../../src/adapters/rehearsal/runpod/server.ts";
import type { components } from "../../../src/adapters/runpod/api-types.ts";
import { OPERATIONS, type OperationName } from "../../../src/adapters/runpod/operations.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { ROOT } from "../../house/modules.ts";

type Pod = components["schemas"]["Pod"];

const ORDER = {
  name: "ai-mentor-1",
  image: "runpod/pytorch:1.0.2-cu1281-torch280-ubuntu2404",
  gpu: { id: "NVIDIA RTX A5000", count: 1, minCudaVersion: "12.4" },
  cloud: "COMMUNITY",
  disk: 20,
  ports: ["22/tcp"],
  env: { PUBLIC_KEY: "ssh-ed25519 AAAA" },
  mounts: { persistent: { size: 30, path: "/workspace" } },
};

function world(options: Partial<AccountOptions> = {}) {
  const clock = new FakeClock();
  const account = new RunpodAccount({ clock, ...options });
  const fetch = fetchFrom(account);
  /** Asks, and holds the answer to the description. */
  const ask = async (name: OperationName, { id = "", query = "", body, key = "rpa_rehearsal" }: { id?: string; query?: string; body?: unknown; key?: string } = {}) => {
    const { method, path } = OPERATIONS[name];
    const answer = await fetch(`https://api.runpod.io${path.replace("{id}", id)}${query}`, { method, headers: { authorization: `Bearer ${key}` }, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    const said = text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>);
    expect(answerViolations(name, answer.status, said)).toEqual([]);
    return { status: answer.status, headers: answer.headers, said: said as never };
  };
  const pod = async (id: string): Promise<Pod> => (await ask("getPod", { id })).said;
  const create = async (order: object = ORDER): Promise<Pod> => {
    const { status, said } = await ask("createPod", { body: order });
    expect(status).toBe(201);
    return said;
  };
  const act = (id: string, action: string) => ask("podAction", { id, body: { action } });
  return { clock, account, ask, pod, create, act };
}

test("the types were generated from the description that the rehearsal validates with", () => {
  const folder = join(ROOT, "src/adapters/runpod");
  const hash = createHash("sha256").update(readFileSync(join(folder, "openapi-v2.json"), "utf8").replaceAll("\r\n", "\n")).digest("hex");
  expect(readFileSync(join(folder, "api-types.ts"), "utf8").split("\n")[0]).toContain(hash);
});

test("a pod goes through the real states, and its port is mapped after it runs", async () => {
  const { clock, create, pod } = world({ delays: { provisioning: 1_000, starting: 2_000, port: 3_000 } });
  const { id, status, ssh, cost } = await create();
  expect({ status, direct: ssh.direct, cost }).toEqual({ status: "PROVISIONING", direct: null, cost: 0.34 });
  await clock.advance(1_000);
  expect((await pod(id)).status).toBe("STARTING");
  await clock.advance(2_000);
  expect(await pod(id)).toMatchObject({ status: "RUNNING", ssh: { direct: null } });
  await clock.advance(3_000);
  expect(await pod(id)).toMatchObject({ ssh: { direct: { username: "root" } }, actions: ["stop", "restart", "terminate"] });
});

test("what the description does not know is refused, in body, query and path", async () => {
  const { ask } = world();
  expect(await ask("createPod", { body: { ...ORDER, gpuTypeIds: ["NVIDIA RTX A5000"] } })).toMatchObject({ status: 422, said: { errors: [expect.stringContaining("gpuTypeIds")] } });
  expect((await ask("createPod", { body: { ...ORDER, gpu: { ...ORDER.gpu, minCudaVersion: "12" } } })).status).toBe(422);
  expect((await ask("createPod", { body: { ...ORDER, image: undefined } })).status).toBe(422);
  expect((await ask("listPods", { query: "?limit=5" })).status).toBe(422);
  expect((await ask("listGpuTypes", { query: "?include=AVAILABILITY" })).status).toBe(400);
  expect((await ask("getPod", { id: "nobody" })).status).toBe(404);
  expect((await ask("listPods", { key: "another" })).status).toBe(401);
});

test("the bill counts a card while it is held, a stopped disk at double price, and nothing after the end", async () => {
  const { clock, account, create, act } = world();
  const { id } = await create();
  await clock.advance(3_600_000);
  // 0.34 for the card; 20 GB of container and 30 GB of volume at 0.10 a month of 720 hours.
  expect(account.spent(id)).toBe(340_000 + Math.round((50 * 100_000) / 720));
  await act(id, "stop");
  const before = account.spent(id);
  await clock.advance(24 * 3_600_000);
  expect(account.spent(id) - before).toBe(200_000);
  await act(id, "terminate");
  await clock.advance(24 * 3_600_000);
  expect(account.spent(id) - before).toBe(200_000);
});

test("the bill that the API gives out is the bill", async () => {
  const { clock, account, ask, create, act } = world();
  const { id } = await create();
  await clock.advance(40 * 3_600_000);
  await act(id, "stop");
  await clock.advance(7 * 3_600_000);
  const { said } = await ask("listPodBilling", { query: `?podId=${id}` });
  expect(Math.round((said as components["schemas"]["ListPodBillingResponse"]).metadata.totals.totalAmount * 1e6)).toBe(account.spent(id));
});

test("cards run out and come back; a stopped pod may find its own taken", async () => {
  const { account, ask, create, act } = world({ racks: [{ card: "NVIDIA RTX A5000", cloud: "COMMUNITY", dataCenter: "EU-SE-1", cuda: "12.8", free: 1 }] });
  const { id } = await create();
  const second = await ask("createPod", { body: ORDER });
  expect(second).toMatchObject({ status: 400, said: { detail: expect.stringContaining("no longer any instances") } });
  const stock = async () => ((await ask("listGpuTypes", { query: "?include=AVAILABILITY&product=POD&cloud=COMMUNITY" })).said as components["schemas"]["ListGpuTypesResponse"]).gpus.find((gpu) => gpu.id === "NVIDIA RTX A5000")?.availability;
  expect(await stock()).toBe("NONE");
  account.faults.add({ kind: "gpu-gone" });
  await act(id, "stop");
  expect(await act(id, "start")).toMatchObject({ status: 400, said: { detail: expect.stringContaining("not enough free GPUs on the host machine") } });
  account.stock.racks[0]!.free = 1;
  expect((await act(id, "start")).status).toBe(200);
});

test("a driver that is too old is no capacity; a version compares by its parts", async () => {
  const { ask } = world({ racks: [{ card: "NVIDIA RTX A5000", cloud: "COMMUNITY", dataCenter: "EU-SE-1", cuda: "12.11", free: 1 }] });
  expect((await ask("createPod", { body: { ...ORDER, gpu: { ...ORDER.gpu, minCudaVersion: "13.0" } } })).status).toBe(400);
  expect((await ask("createPod", { body: { ...ORDER, gpu: { ...ORDER.gpu, minCudaVersion: "12.2" } } })).status).toBe(201);
});

test("an account without money starts nothing, and pods that run are stopped when it runs out", async () => {
  const { clock, account, create, pod, ask } = world({ balanceMicroUsd: 173_472 });
  const { id } = await create();
  await clock.advance(24 * 3_600_000);
  expect((await pod(id)).status).toBe("EXITED");
  // Half an hour of the card and its disks; from then on only the stopped disk is owed.
  expect(account.spent(id)).toBeCloseTo(173_472 + 23.5 * ((30 * 200_000) / 720), -1);
  expect((await ask("createPod", { body: ORDER })).status).toBe(402);
});

test("a network volume wants its own data centre and the secure cloud, and outlives its pod", async () => {
  const { account, ask, act } = world();
  const { said: volume } = await ask("createNetworkVolume", { body: { name: "models", size: 50, dataCenter: "EU-RO-1" } });
  const { id: volumeId } = volume as components["schemas"]["NetworkVolume"];
  const wish = { ...ORDER, mounts: { network: [{ volumeId, path: "/workspace" }] } };
  expect((await ask("createPod", { body: wish })).status).toBe(400);
  expect((await ask("createPod", { body: { ...wish, cloud: "SECURE", dataCenterIds: ["US-KS-2"] } })).status).toBe(400);
  const made = await ask("createPod", { body: { ...wish, cloud: "SECURE" } });
  expect(made).toMatchObject({ status: 201, said: { dataCenterId: "EU-RO-1" } });
  expect((await ask("deleteNetworkVolume", { id: volumeId })).status).toBe(400);
  await act((made.said as Pod).id, "terminate");
  expect(account.volumes()).toHaveLength(1);
});

test("a pod's own key reads and stops that pod and does nothing else; both rights can be missing", async () => {
  const { account, create, ask } = world();
  const [mine, other] = [await create(), await create()];
  const key = account.pod(mine.id)!.ownKey;
  expect((await ask("getPod", { id: mine.id, key })).status).toBe(200);
  for (const [name, more] of [["getPod", { id: other.id }], ["listPods", {}], ["deletePod", { id: mine.id }], ["podAction", { id: mine.id, body: { action: "terminate" } }]] as const) expect((await ask(name, { ...more, key })).status).toBe(403);
  account.podKeyMay = { read: true, stop: false };
  expect((await ask("podAction", { id: mine.id, key, body: { action: "stop" } })).status).toBe(403);
  account.podKeyMay = { read: true, stop: true };
  expect(await ask("podAction", { id: mine.id, key, body: { action: "stop" } })).toMatchObject({ status: 200, said: { status: "EXITED" } });
});

test("over HTTP it is the same account; an answer can be lost after the pod was made", async () => {
  const { clock, account } = world();
  const server = await serveRunpod(account);
  try {
    const init = { method: "POST", headers: { authorization: "Bearer rpa_rehearsal" }, body: JSON.stringify(ORDER) };
    account.faults.add({ kind: "answer-lost", on: "createPod" }, { kind: "request-lost", on: "listPods" }, { kind: "refusal", status: 429, retryAfterSeconds: 7, on: "createPod" });
    const limited = await fetch(`${server.url}/v2/pods`, init);
    expect([limited.status, limited.headers.get("retry-after"), limited.headers.get("content-type")]).toEqual([429, "7", "application/problem+json"]);
    await expect(fetch(`${server.url}/v2/pods`, init)).rejects.toThrow("fetch failed");
    await expect(fetch(`${server.url}/v2/pods`, { headers: init.headers })).rejects.toThrow("fetch failed");
    expect(await (await fetch(`${server.url}/v2/pods`, { headers: init.headers })).json()).toMatchObject({ pods: [{ name: "ai-mentor-1" }] });

    await clock.advance(60_000);
    const [pod] = account.pods();
    const gone = new AbortController();
    const logs = await fetch(`${server.url}/v2/pods/${pod!.id}/logs?source=container`, { headers: init.headers, signal: gone.signal });
    const reader = logs.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("ED25519")) text += (await reader.read()).value;
    expect(text).toMatch(/data: \{"ts":.*"line":"256 SHA256:/);
    gone.abort();
  } finally {
    await server.close();
  }
});
