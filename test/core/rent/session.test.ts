import { expect, test } from "vitest";
import { ERRORS } from "../../../src/contract/errors.ts";
import { HOUR, MINUTE, RentWorld } from "./rent-world.ts";

const rent = (world: RentWorld) => world.session.snapshot().rent!;
const receipt = (world: RentWorld) => world.session.snapshot().receipt!.rent!;
const bill = (world: RentWorld) => world.account.bill.total(Date.parse(receipt(world).confirmedAt), () => true);

async function ready(world: RentWorld, host: Parameters<RentWorld["request"]>[0] = {}): Promise<void> {
  await world.session.start(world.request(host));
  await world.until(() => world.phase() === "ready");
}

test("a machine is rented at the lowest price that fits, is armed before the upload, and is stopped with a receipt that is the bill", async () => {
  const world = new RentWorld();
  await ready(world);
  expect(rent(world)).toMatchObject({ gpu: "RTX A4000", cloud: "secure", state: "running", running: true, guard: { state: "armed" }, resumed: false });
  const { steps } = world.session.snapshot();
  const step = (id: string) => steps.find((one) => one.id === id)!;
  expect(step("arm-watchdog").endedAt! <= step("upload-model").startedAt!).toBe(true);
  expect(step("rent-pod").outcome).toMatch(/^RTX A4000 for \$0\.2\d an hour$/);
  await world.pass(10 * MINUTE);
  await world.session.stop({ disk: "keep" });
  await world.until(() => world.phase() === "stopped");
  expect(world.account.pods()).toMatchObject([{ status: "EXITED" }]);
  expect(receipt(world)).toMatchObject({ ended: "stopped", source: "bill", gpu: "RTX A4000", disk: { kind: "own", gigabytes: 20 } });
  expect(receipt(world).microUsd).toBe(bill(world));
  expect(world.session.snapshot().receipt!.kept.join("\n")).toMatch(/disk \(20 GB\) is kept for \$0\.\d+ a day/);

  // Taken up again: the same machine, and a receipt of this session alone.
  const before = world.account.spent();
  const { podId } = receipt(world);
  await world.pass(HOUR);
  const idle = world.account.spent() - before;
  await ready(world, { podId });
  expect(rent(world)).toMatchObject({ podId, resumed: true });
  // No step of this world makes backups: what the disk held before counts as unsaved.
  await world.session.stop({ disk: "delete", evenUnsaved: true });
  await world.until(() => world.phase() === "stopped");
  expect(world.account.pods()).toEqual([]);
  expect(receipt(world)).toMatchObject({ podId, ended: "deleted", source: "bill", disk: null });
  expect(Math.abs(receipt(world).microUsd - (world.account.spent() - before - idle))).toBeLessThanOrEqual(200);
  expect(world.session.snapshot().receipt!.kept).toEqual([]);
});

test("no capacity, and machines that fail or hang while they start: the next card is tried, nothing is left over, and at the end it says what was tried", async () => {
  const world = new RentWorld();
  world.account.faults.add({ kind: "no-capacity", card: "NVIDIA RTX A5000" });
  world.account.faults.add({ kind: "boot-fails" });
  await ready(world);
  expect(world.account.pods()).toHaveLength(1);
  expect(world.account.everyPod()).toHaveLength(2);
  await world.session.stop({ disk: "delete" });
  await world.until(() => world.phase() === "stopped");
  // Both machines are on the receipt.
  expect(receipt(world).microUsd).toBe(world.account.spent());

  for (const rack of world.account.stock.racks) rack.free = rack.card === "NVIDIA RTX A5000" ? 1 : 0;
  world.account.faults.add({ kind: "boot-hangs", times: 9 });
  await world.session.start(world.request());
  await world.until(() => world.phase() === "needs-help");
  expect(world.session.snapshot().error).toMatchObject({ code: "no-capacity", details: { tried: ["RTX A5000 (community): it did not come up", "RTX A5000 (secure): it did not come up"] } });
  expect(world.account.pods()).toEqual([]);
  await world.session.cancel();
  await world.until(() => world.phase() === "stopped");
  expect(receipt(world)).toMatchObject({ microUsd: expect.any(Number), ended: "deleted" });
});

test("the answer to the order is lost: the machine is found by its name, and there is never a second one", async () => {
  const world = new RentWorld();
  world.account.faults.add({ kind: "answer-lost", on: "createPod" });
  await ready(world);
  expect(world.account.everyPod()).toHaveLength(1);
  expect(world.logged.join("\n")).toContain("It is there");

  // Cancelled while the order is on its way: it is looked for, and deleted.
  const other = new RentWorld();
  other.account.faults.add({ kind: "slow", on: "createPod", ms: 20_000 });
  await other.session.start(other.request());
  await other.pass(5_000);
  expect(other.account.pods()).toHaveLength(1);
  await other.session.cancel();
  await other.until(() => other.phase() === "stopped");
  expect(other.account.pods()).toEqual([]);
  expect(receipt(other).microUsd).toBe(other.account.spent());
});

test.each([
  ["asks to wait before it takes an order", "Asking for a RTX A4000", [{ kind: "refusal", status: 429, retryAfterSeconds: 7, on: "createPod", times: 2 }]],
  ["stumbles whenever it is asked for the machine", "The machine is loading its system", [{ kind: "refusal", status: 503, on: "getPod", times: 5 }, { kind: "refusal", status: 500, on: "listGpuTypes" }]],
  ["answers the order late, and every other call too", "Asking for a RTX A4000", [{ kind: "slow", ms: 25_000, on: "createPod" }, { kind: "slow", ms: 20_000, times: 6 }]],
  ["opens the port late", "its SSH port is not open yet", [{ kind: "port-late", ms: 5 * MINUTE }]],
] as const)("a provider that %s is waited for, in its own words; there is one machine, and its bill is the receipt", async (_, words, faults) => {
  const world = new RentWorld();
  world.account.faults.add(...faults);
  await world.session.start(world.request());
  const waits = new Set<string>();
  await world.until(() => {
    waits.add(world.session.snapshot().steps.find(({ id }) => id === "rent-pod")?.progress?.detail ?? "");
    return world.phase() === "ready";
  });
  expect([...waits].join()).toContain(words);
  expect(world.account.everyPod()).toHaveLength(1);
  await world.session.stop({ disk: "delete" });
  await world.until(() => world.phase() === "stopped");
  expect(receipt(world)).toMatchObject({ microUsd: world.account.spent(), ended: "deleted" });
});

test("an order that the provider fails at is not sent again before it is sure that it made no machine", async () => {
  const world = new RentWorld();
  world.account.faults.add({ kind: "refusal", status: 500, on: "createPod" });
  await world.session.start(world.request());
  await world.until(() => world.phase() === "needs-help");
  expect(world.session.snapshot().error?.code).toBe("provider-unreachable");
  expect(world.account.everyPod()).toEqual([]);
  await world.session.retry();
  await world.until(() => world.phase() === "ready");
  expect(world.account.everyPod()).toHaveLength(1);
});

test("the account is empty, the key is refused, no card will do: nothing is rented", async () => {
  for (const [change, code, host] of [
    [(world: RentWorld) => world.account.faults.add({ kind: "refusal", status: 402, on: "createPod" }), "balance-empty", {}],
    [(world: RentWorld) => world.account.keys.clear(), "provider-key-rejected", {}],
    [() => {}, "no-gpu-fits", { maxMicroUsdPerHour: 100_000 }],
    [(world: RentWorld) => world.account.stock.racks.forEach((rack) => (rack.free = 0)), "no-capacity", {}],
  ] as const) {
    const world = new RentWorld();
    change(world);
    await world.session.start(world.request(host));
    await world.until(() => world.phase() === "needs-help");
    expect(world.session.snapshot().error?.code).toBe(code);
    expect(world.account.everyPod()).toEqual([]);
    await world.session.cancel();
    await world.until(() => world.phase() === "stopped");
    expect(world.session.snapshot().receipt).toMatchObject({ costUsd: 0, rent: null });
  }
});

test("a network that lets no SSH out is told apart from one machine that does not answer, and costs only until somebody decides", async () => {
  const world = new RentWorld();
  world.network = { ssh: false, known: false };
  await world.session.start(world.request());
  // Soon: it costs money, and waiting longer would tell nothing more.
  await world.until(() => world.phase() === "needs-help", 2 * MINUTE);
  expect(world.session.snapshot().error).toMatchObject({ code: "ssh-blocked", message: expect.stringContaining("neither it nor any other SSH server answers") });
  world.network = { ssh: false, known: true };
  await world.session.retry();
  await world.pass(2_000);
  await world.until(() => world.phase() === "needs-help");
  expect(world.session.snapshot().error).toMatchObject({ code: "ssh-blocked", message: expect.stringContaining("port 22 alone") });
  expect(world.account.everyPod()).toHaveLength(1);
  // Nobody comes: it is given back.
  await world.until(() => world.phase() === "stopped", HOUR);
  expect(world.account.pods().filter(({ status }) => status !== "EXITED")).toEqual([]);
});

test("the laptop is closed for good: the machine stops itself after twenty minutes without a sign, a question or an upload", async () => {
  const world = new RentWorld();
  await ready(world, { idleStopSeconds: null });
  const [pod] = world.account.pods();
  await world.session.close();
  await world.pass(15 * MINUTE);
  world.use();
  await world.pass(19 * MINUTE);
  expect(pod!.status).toBe("RUNNING");
  await world.pass(2 * MINUTE);
  expect(pod!.status).toBe("EXITED");

  // Days later the app finds it so, and the receipt is what the provider has charged until then.
  await world.pass(HOUR);
  await world.crash();
  expect(world.session.snapshot()).toMatchObject({ phase: "needs-help", error: { code: "pod-stopped-itself" } });
  await world.until(() => world.phase() === "stopped");
  expect(receipt(world)).toMatchObject({ ended: "by-itself", source: "bill" });
});

test("the deadline and an idle hour end the session in good order; extending moves the end", async () => {
  const world = new RentWorld();
  await ready(world, { stopAfterSeconds: 3_600, idleStopSeconds: null });
  await world.session.changeFacts((facts) => facts.set("rent", { ...facts.require("rent"), stopAfterSeconds: 7_200 }));
  expect(Date.parse(rent(world).deadlineAt!) - Date.parse(world.session.snapshot().startedAt!)).toBeGreaterThanOrEqual(7_200_000);
  await world.session.changeFacts((facts) => facts.set("rent", { ...facts.require("rent"), stopAfterSeconds: 3_600 }));
  await world.until(() => world.phase() === "stopped", 2 * HOUR);
  expect(receipt(world)).toMatchObject({ ended: "stopped" });
  expect(receipt(world).runningSeconds).toBeLessThanOrEqual(3_600);

  const idle = new RentWorld();
  await ready(idle, { idleStopSeconds: 600 });
  await idle.pass(8 * MINUTE);
  idle.use();
  await idle.pass(8 * MINUTE);
  expect(idle.phase()).toBe("ready");
  await idle.until(() => idle.phase() === "stopped", 5 * MINUTE);
});

test("the budget warns at four fifths and then stops, and is not overspent", async () => {
  const world = new RentWorld();
  await ready(world, { budgetMicroUsd: 200_000, idleStopSeconds: null });
  expect(rent(world)).toMatchObject({ deadlineByBudget: true, budget: { warned: false } });
  await world.until(() => rent(world).budget!.warned, 2 * HOUR);
  expect(world.account.spent()).toBeLessThan(180_000);
  await world.until(() => world.phase() === "stopped", HOUR);
  expect(receipt(world).microUsd).toBeLessThanOrEqual(200_000);
  expect(receipt(world).microUsd).toBeGreaterThan(170_000);
});

test("a machine that was stopped or deleted elsewhere is noticed, and the session ends with its receipt", async () => {
  for (const how of ["stop", "terminate"] as const) {
    const world = new RentWorld();
    await ready(world);
    const [pod] = world.account.pods();
    world.account[how](pod!);
    await world.until(() => world.phase() === "stopped");
    expect(receipt(world)).toMatchObject({ ended: "by-itself", disk: how === "stop" ? { gigabytes: 20 } : null });
  }
});

test.each<[string, (world: RentWorld) => Promise<unknown>]>([
  ["when it is asked for", (world) => world.session.stop({ disk: "keep" })],
  ["when nobody uses it", (world) => world.pass(12 * MINUTE)],
  ["by itself when the laptop has gone", async (world) => {
    await world.session.close();
    await world.pass(25 * MINUTE);
    await world.crash();
  }],
])("on a network volume a session ends %s: the machine is deleted, and the volume is there for the next one", async (_, end) => {
  const world = new RentWorld();
  const volume = world.account.createVolume({ name: "course", size: 30, dataCenter: "EU-RO-1" });
  const disk = { kind: "network", volumeId: volume.id, gigabytes: 30 };
  await ready(world, { volumeId: volume.id, idleStopSeconds: 600 });
  expect(rent(world)).toMatchObject({ cloud: "secure", dataCenter: "EU-RO-1", disk });
  await end(world);
  await world.until(() => world.phase() === "stopped");
  expect(receipt(world).disk).toMatchObject(disk);
  expect(world.session.snapshot().receipt!.kept.join()).toContain("The network volume (30 GB) is kept");
  expect(world.account.pods()).toEqual([]);
  await ready(world, { volumeId: volume.id });
  expect(rent(world).disk).toMatchObject(disk);
});

test("a stopped machine whose card somebody else has now: said so, kept, and another can be had", async () => {
  const world = new RentWorld();
  await ready(world);
  world.account.faults.add({ kind: "gpu-gone" });
  await world.session.stop();
  await world.until(() => world.phase() === "stopped");
  await world.session.start(world.request({ podId: receipt(world).podId }));
  await world.until(() => world.phase() === "needs-help");
  expect(world.session.snapshot().error).toMatchObject({ code: "no-capacity", kept: "The stopped machine and its disk are kept." });
  await world.session.cancel();
  await world.until(() => world.phase() === "stopped");
  expect(world.account.pods()).toMatchObject([{ status: "EXITED" }]);

  // It has a card again, but hangs while it starts: its disk is not given up for that.
  for (const rack of world.account.stock.racks) rack.free = 1;
  world.account.faults.add({ kind: "boot-hangs" });
  await world.session.start(world.request({ podId: world.account.pods()[0]!.id }));
  await world.until(() => world.phase() === "needs-help");
  expect(world.session.snapshot().error?.code).toBe("pod-not-up");
  await world.session.cancel();
  await world.until(() => world.phase() === "stopped");
  expect(world.account.pods()).toMatchObject([{ status: "EXITED" }]);
});

test("a machine that runs already, perhaps for another computer's class, is not taken up, and nothing happens to it", async () => {
  const world = new RentWorld();
  await ready(world);
  const [pod] = world.account.pods();
  // Another computer with the same account: it has no journal of this session.
  await world.session.close();
  world.journals.clear();
  await world.crash();
  const at = pod!.starts;
  await world.session.start(world.request({ podId: pod!.id }));
  await world.until(() => world.phase() === "needs-help");
  expect(world.session.snapshot().error).toMatchObject({ code: "pod-in-use", message: expect.stringContaining("another computer may be using it") });
  expect(ERRORS["pod-in-use"].advice).toContain("ai-mentor pods stop");
  await world.session.cancel();
  await world.until(() => world.phase() === "stopped");
  expect(pod).toMatchObject({ status: "RUNNING", starts: at });
  // Stopped there, it can be had here.
  world.account.stop(pod!);
  await ready(world, { podId: pod!.id });
});

test("a disk that is taken up holds unsaved rows until a backup says otherwise: a start that fails before does not have it deleted", async () => {
  const world = new RentWorld();
  await ready(world);
  await world.session.stop({ disk: "keep" });
  await world.until(() => world.phase() === "stopped");
  const { podId } = receipt(world);
  world.account.faults.add({ kind: "boot-hangs" });
  await world.session.start(world.request({ podId }));
  await world.until(() => world.phase() === "needs-help");
  expect(rent(world).unsavedRows).toBe(true);
  await world.session.stop({ disk: "delete" });
  await world.until(() => world.phase() === "stopped");
  expect(world.account.pods()).toMatchObject([{ id: podId, status: "EXITED" }]);
  expect(world.session.snapshot().receipt!.kept.join()).toContain("in no backup");
});

test("a course that no backup has keeps its disk, whatever was said at Stop, unless even that was said", async () => {
  for (const evenUnsaved of [false, true]) {
    const world = new RentWorld();
    await ready(world);
    await world.session.changeFacts((facts) => facts.set("rent", { ...facts.require("rent"), unsavedRows: true }));
    await world.session.stop({ disk: "delete", evenUnsaved });
    await world.until(() => world.phase() === "stopped");
    expect(world.account.pods().map(({ status }) => status)).toEqual(evenUnsaved ? [] : ["EXITED"]);
    expect(world.session.snapshot().receipt!.kept.some((line) => line.includes("in no backup"))).toBe(!evenUnsaved);
  }
});
