import { describe, expect, test } from "vitest";
import { Runpod } from "../../../src/adapters/runpod/provider.ts";
import { fingerprintsIn } from "../../../src/adapters/runpod/host-keys.ts";
import { toErrorReport, type ErrorReport } from "../../../src/contract/errors.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { KEY, ORDER, runpodWorld, type Way } from "./runpod-world.ts";

const failure = (work: Promise<unknown>): Promise<ErrorReport> => work.then(() => expect.fail("it worked"), toErrorReport);

describe.each<Way>(["in memory", "over HTTP"])("Runpod, %s", (way) => {
  test("a machine is rented, comes up, is stopped, taken up again and given back", async () => {
    await using world = await runpodWorld(way);
    const { clock, account, provider, run } = world;
    const made = await run(provider.create(ORDER));
    expect(made).toMatchObject({ name: ORDER.name, state: "provisioning", gpu: "RTX A5000", cloud: "community", cudaVersion: "12.8", ssh: null, startedAt: null, stoppable: true, locked: false, disk: { kind: "own", gigabytes: 30, microUsdPerDay: 200_000 } });
    expect(account.pod(made.id)!.order).toMatchObject({ env: { PUBLIC_KEY: ORDER.publicKey }, ports: ["22/tcp"], gpu: { count: 1, minCudaVersion: "12.4" }, mounts: { persistent: { path: "/workspace" } } });
    await clock.advance(60_000);
    expect(await run(provider.describe(made.id))).toMatchObject({ state: "running", ssh: { user: "root", host: expect.stringMatching(/^192\.0\.2\./) } });
    await run(provider.stop(made.id));
    await run(provider.stop(made.id)); // what is stopped already is no failure
    expect(await run(provider.list())).toMatchObject([{ id: made.id, state: "stopped", microUsdPerHour: 0, ssh: null }]);
    await run(provider.resume(made.id));
    await run(provider.resume(made.id));
    await clock.advance(60_000);
    expect(await run(provider.describe(made.id))).toMatchObject({ state: "running" });
    await run(provider.terminate(made.id));
    await run(provider.terminate(made.id));
    expect(await run(provider.describe(made.id))).toBeNull();
    expect(await run(provider.list())).toEqual([]);
    expect((await failure(run(provider.stop(made.id)))).code).toBe("pod-gone");
  });

  test("price times time is the bill, and the bill can be asked for", async () => {
    await using world = await runpodWorld(way);
    const { clock, account, provider, run } = world;
    expect(await run(provider.billed("nobody"))).toBeNull();
    const { id, microUsdPerHour } = await run(provider.create(ORDER));
    await clock.advance(5_400_000);
    await run(provider.stop(id));
    expect(Math.abs(account.spent(id) - microUsdPerHour * 1.5)).toBeLessThanOrEqual(1);
    await run(provider.terminate(id));
    expect(await run(provider.billed(id))).toBe(account.spent(id));
  });

  test("what is on offer has prices, stock and places, and leaves out drivers that are too old", async () => {
    await using world = await runpodWorld(way);
    const { provider, run } = world;
    const offers = await run(provider.offers({ minCuda: "12.8" }));
    expect(offers).toContainEqual({ id: "NVIDIA RTX A5000", name: "RTX A5000", memoryGiB: 24, cloud: "community", microUsdPerHour: 340_000, stock: "high", dataCenters: ["EU-SE-1"] });
    expect(offers.find(({ name, cloud }) => name === "RTX A4000" && cloud === "community")?.stock).toBe("none");
    expect((await run(provider.offers({ minCuda: null }))).find(({ name, cloud }) => name === "RTX A4000" && cloud === "community")?.stock).toBe("low");
  });

  test("a network volume is made, attached and listed with what it costs", async () => {
    await using world = await runpodWorld(way);
    const { provider, run } = world;
    const volume = await run(provider.createVolume({ name: "models", gigabytes: 50, dataCenter: "EU-RO-1" }));
    expect(volume).toMatchObject({ gigabytes: 50, dataCenter: "EU-RO-1", microUsdPerDay: 116_667 });
    expect(await run(provider.volumes())).toEqual([volume]);
    const order = { ...ORDER, cloud: "secure", disk: { kind: "network", volumeId: volume.id } } as const;
    const { id } = await run(provider.create(order));
    expect(await run(provider.describe(id))).toMatchObject({ dataCenter: "EU-RO-1", disk: { kind: "network", volumeId: volume.id, gigabytes: 50, microUsdPerDay: 116_667 } });
    expect(await failure(run(provider.create({ ...order, cloud: "community" })))).toMatchObject({ code: "provider-refused" });
  });

  test("nothing free: told from a broken rule by the text alone", async () => {
    await using world = await runpodWorld(way);
    const { account, provider, run } = world;
    account.faults.add({ kind: "no-capacity" });
    expect(await failure(run(provider.create(ORDER)))).toMatchObject({ code: "no-capacity", details: { certain: true } });
    account.faults.add({ kind: "refusal", on: "createPod", status: 400, detail: "something new" });
    expect(await failure(run(provider.create(ORDER)))).toMatchObject({ code: "no-capacity", details: { certain: false, detail: "something new" } });
    account.faults.add({ kind: "refusal", on: "createPod", status: 403 });
    expect(await failure(run(provider.create(ORDER)))).toMatchObject({ code: "no-capacity", details: { forbidden: true } });
    expect(account.pods()).toEqual([]);
  });

  test("a card that was taken while the machine was stopped", async () => {
    await using world = await runpodWorld(way);
    const { account, provider, run } = world;
    const { id } = await run(provider.create(ORDER));
    account.faults.add({ kind: "gpu-gone" });
    await run(provider.stop(id));
    expect(await failure(run(provider.resume(id)))).toMatchObject({ code: "no-capacity", details: { certain: true } });
    expect(await run(provider.describe(id))).toMatchObject({ state: "stopped" });
  });

  test("no money, no right, no key", async () => {
    await using world = await runpodWorld(way, { balanceMicroUsd: 0 });
    const { account, provider, run } = world;
    expect((await failure(run(provider.create(ORDER)))).code).toBe("balance-empty");
    account.faults.add({ kind: "refusal", on: "listPods", status: 403 });
    expect((await failure(run(provider.list()))).code).toBe("provider-key-rejected");
    account.keys.clear();
    expect((await failure(run(provider.list()))).code).toBe("provider-key-rejected");
    await using keyless = await runpodWorld(way, { key: null });
    expect((await failure(keyless.run(keyless.provider.list()))).code).toBe("provider-key-missing");
    expect(keyless.sent).toEqual([]);
  });

  test("too many requests: waits as long as is asked, then sends again", async () => {
    await using world = await runpodWorld(way);
    const { clock, account, provider, run } = world;
    account.faults.add({ kind: "refusal", status: 429, retryAfterSeconds: 40, on: "createPod" });
    const before = clock.now();
    await run(provider.create(ORDER));
    expect(clock.now() - before).toBeGreaterThanOrEqual(40_000);
    expect(account.pods()).toHaveLength(1);
    account.faults.add({ kind: "refusal", status: 429, retryAfterSeconds: 3_600, on: "listPods" });
    expect(await failure(run(provider.list()))).toMatchObject({ code: "provider-busy", details: { retryAfterSeconds: 3_600 } });
  });

  test("a provider that stumbles is asked again; one that stays down is given up within the deadline", async () => {
    await using world = await runpodWorld(way);
    const { clock, account, provider, run, sent } = world;
    account.faults.add({ kind: "refusal", status: 503, times: 2 }, { kind: "request-lost" }, { kind: "answer-lost" });
    expect(await run(provider.list())).toEqual([]);
    expect(sent).toHaveLength(5);
    account.faults.add({ kind: "refusal", status: 502, times: Infinity });
    const before = clock.now();
    expect((await failure(run(provider.list()))).code).toBe("provider-unreachable");
    expect(clock.now() - before).toBeLessThanOrEqual(120_000);
  });

  test("a create whose answer is lost is sent once, is told as unknown, and is found by its name", async () => {
    await using world = await runpodWorld(way);
    const { account, provider, run, sent } = world;
    account.faults.add({ kind: "answer-lost", on: "createPod" });
    expect(await failure(run(provider.create(ORDER)))).toMatchObject({ code: "provider-unreachable", details: { outcome: "unknown" } });
    account.faults.add({ kind: "refusal", on: "createPod", status: 500 });
    expect(await failure(run(provider.create(ORDER)))).toMatchObject({ code: "provider-unreachable", details: { outcome: "unknown" } });
    expect(sent).toEqual(["POST /v2/pods", "POST /v2/pods"]);
    expect(await run(provider.list())).toMatchObject([{ name: ORDER.name }]);
  });

  test("a stop, a start or an end whose answer is lost is sent again and has happened once", async () => {
    await using world = await runpodWorld(way);
    const { account, provider, run } = world;
    const { id } = await run(provider.create(ORDER));
    for (const work of ["stop", "resume", "terminate"] as const) {
      account.faults.add({ kind: "answer-lost" });
      await run(provider[work](id));
    }
    expect(account.pods()).toEqual([]);
  });

  test("a machine that fails, hangs, or whose port comes late is seen as what it is", async () => {
    await using world = await runpodWorld(way);
    const { clock, account, provider, run } = world;
    account.faults.add({ kind: "boot-fails" });
    const failed = await run(provider.create(ORDER));
    await clock.advance(60_000);
    account.faults.add({ kind: "boot-hangs" });
    const hanging = await run(provider.create(ORDER));
    await clock.advance(600_000);
    account.faults.add({ kind: "port-late", ms: 300_000 });
    const late = await run(provider.create(ORDER));
    await clock.advance(60_000);
    expect(await run(provider.list())).toMatchObject([
      { id: failed.id, state: "failed" },
      { id: hanging.id, state: "starting" },
      { id: late.id, state: "running", ssh: null },
    ]);
    await clock.advance(300_000);
    expect((await run(provider.describe(late.id)))?.ssh).not.toBeNull();
    expect((await run(provider.describe(failed.id)))!.microUsdPerHour).toBeGreaterThan(0);
  });

  test("after a restart the port is another, and the address too where the machine was moved", async () => {
    await using world = await runpodWorld(way);
    const { clock, account, provider, run } = world;
    const { id } = await run(provider.create(ORDER));
    const ways = [];
    for (const fault of [null, null, { kind: "address-changed" } as const]) {
      if (fault !== null) account.faults.add(fault);
      if (ways.length > 0) await run(provider.resume(id));
      await clock.advance(60_000);
      ways.push((await run(provider.describe(id)))!.ssh!);
      await run(provider.stop(id));
    }
    expect(ways[1]!.host).toBe(ways[0]!.host);
    expect(ways[1]!.port).not.toBe(ways[0]!.port);
    expect(ways[2]!.host).not.toBe(ways[1]!.host);
  });

  test("the key is in no error, whatever the provider echoes", async () => {
    await using world = await runpodWorld(way);
    const { account, provider, run } = world;
    const errors: ErrorReport[] = [];
    for (const status of [400, 401, 402, 403, 409, 422, 500]) {
      account.faults.clear();
      account.faults.add({ kind: "refusal", status, detail: `Bearer ${KEY} may not`, times: Infinity });
      errors.push(await failure(run(provider.list())), await failure(run(provider.create(ORDER))));
    }
    await using odd = await runpodWorld(way, { key: `${KEY}\n${KEY}` });
    errors.push(await failure(odd.run(odd.provider.list())));
    expect(JSON.stringify(errors)).not.toContain(KEY);
    expect(errors.at(-1)?.code).toBe("provider-key-rejected");
  });
});

test("a slow answer is waited for; none at all ends in time; a person can cancel", async () => {
  await using world = await runpodWorld("in memory");
  const { clock, account, provider, run } = world;
  account.faults.add({ kind: "slow", ms: 25_000 });
  expect(await run(provider.list())).toEqual([]);
  account.faults.add({ kind: "slow", ms: 10_000_000, times: Infinity });
  const before = clock.now();
  expect((await failure(run(provider.list()))).code).toBe("provider-unreachable");
  expect(clock.now() - before).toBeLessThan(160_000);

  const person = new AbortController();
  const listing = failure(provider.list(person.signal));
  const creating = failure(provider.create(ORDER, person.signal));
  await clock.advance(1_000);
  person.abort();
  expect(await listing).toMatchObject({ code: "cancelled" });
  expect(await creating).toMatchObject({ code: "cancelled", details: { outcome: "unknown" } });
  expect(account.pods()).toHaveLength(1);
  account.faults.clear();
  await clock.advance(10_000_000);
  expect(clock.sleeping).toBe(0);
});

test("pauses grow, and are drawn at random between nothing and their bound", async () => {
  const pauses = async (random: () => number) => {
    await using world = await runpodWorld("in memory", { random });
    const { clock, account, provider, sent, run } = world;
    account.faults.add({ kind: "refusal", status: 503, times: 5 });
    const before = clock.now();
    await run(provider.list());
    return { waited: clock.now() - before, sent: sent.length };
  };
  expect((await pauses(() => 0.999)).waited).toBeGreaterThan(500 + 1_000 + 2_000 + 4_000 + 8_000 - 500);
  const hasty = await pauses(() => 0);
  expect(hasty.sent).toBe(6);
  expect(hasty.waited).toBeLessThan(1_000);
});

test("host keys come from the log of the last start", async () => {
  await using world = await runpodWorld("in memory");
  const { clock, account, provider, run } = world;
  const { id } = await run(provider.create(ORDER));
  expect(await run(provider.hostKeys(id))).toEqual([]);
  await clock.advance(60_000);
  const first = await run(provider.hostKeys(id));
  expect(first).toEqual([expect.stringMatching(/^SHA256:.{43}$/)]);
  await run(provider.stop(id));
  await run(provider.resume(id));
  await clock.advance(60_000);
  const second = await run(provider.hostKeys(id));
  expect(second).toHaveLength(1);
  expect(second).not.toEqual(first);

  account.faults.add({ kind: "host-key-swapped" });
  await run(provider.stop(id));
  await run(provider.resume(id));
  await clock.advance(60_000);
  const swapped = await run(provider.hostKeys(id));
  expect(swapped).not.toEqual(account.pod(id)!.machine!.fingerprints);

  // The log of a machine that runs never ends: with the key that was shown it need not fall silent first. That of an earlier start is none.
  const { startedAt } = (await run(provider.describe(id)))!;
  const expected = (fingerprint: string) => ({ expected: { fingerprint, startedAt: startedAt! } });
  const before = clock.now();
  expect(await provider.hostKeys(id, expected(swapped[0]!))).toEqual(swapped);
  expect(clock.now()).toBe(before);
  expect(await run(provider.hostKeys(id, expected(first[0]!)))).toEqual(swapped);
  expect(clock.sleeping).toBe(0);
});

test("fingerprints are read in whatever company they come, each once", () => {
  const [old, ed, rsa] = ["o", "e", "r"].map((letter) => `SHA256:${letter.repeat(43)}`);
  const lines = ["SSH host keys:", `256 ${old} root@x (ED25519)`, "ED25519 key fingerprint:", "SSH host keys:", "Key: /etc/ssh/ssh_host_ed25519_key.pub", `256 ${ed} root@x (ED25519)`, `256 ${ed} root@x (ED25519)`, `3072 ${rsa} root@x (RSA)`, "Pod is ready", "SHA256:short"];
  expect(fingerprintsIn(lines.map((line) => ({ line, ts: "" })))).toEqual([ed, rsa]);
});

test("the key goes over https, or stays on this computer", () => {
  const options = { key: async () => KEY, clock: new FakeClock() };
  expect(() => new Runpod({ ...options, url: "http://api.runpod.io" })).toThrow("https only");
  expect(new Runpod({ ...options, url: "http://127.0.0.1:81" }).podApi).toBe("http://127.0.0.1:81/v2");
  expect(new Runpod(options).podApi).toBe("https://api.runpod.io/v2");
});
