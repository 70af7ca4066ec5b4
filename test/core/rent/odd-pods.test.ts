import { expect, test } from "vitest";
import type { FakePod } from "../../../src/adapters/rehearsal/runpod/pod.ts";
import type { DiskEnd } from "../../../src/contract/rent.ts";
import { HOUR, MINUTE, RentWorld } from "./rent-world.ts";

// What Runpod's description does not promise, or a person has done in its console.

const receipt = (world: RentWorld) => world.session.snapshot().receipt!;

async function ready(world: RentWorld, host: Parameters<RentWorld["request"]>[0] = {}): Promise<FakePod> {
  await world.session.start(world.request(host));
  await world.until(() => world.phase() === "ready");
  return world.account.pods()[0]!;
}

async function stopped(world: RentWorld, options: Parameters<RentWorld["session"]["stop"]>[0]): Promise<void> {
  await world.session.stop(options);
  await world.until(() => world.phase() === "stopped");
}

const unsaved = (world: RentWorld) => world.session.changeFacts((facts) => facts.set("rent", { ...facts.require("rent"), unsavedRows: true }));

test.each<DiskEnd>(["keep", "delete"])("a machine that can only be deleted, with rows on its own disk that no backup has, is kept and said to run on (%s); it stops once it can", async (disk) => {
  const world = new RentWorld();
  const pod = await ready(world);
  await unsaved(world);
  pod.mishaps["cannot-stop"] = { kind: "cannot-stop" };
  await world.session.stop({ disk });
  await world.until(() => world.phase() === "needs-help");
  expect(world.session.snapshot().error).toMatchObject({ code: "stop-incomplete", advice: expect.stringMatching(/holds a course that no backup has.*costs money/) });
  expect(pod.status).toBe("RUNNING");
  pod.mishaps = {};
  await stopped(world, { disk });
  expect(pod.status).toBe("EXITED");
});

test("a machine that can only be deleted is deleted where every row is in a backup, and where that was said", async () => {
  for (const saved of [true, false]) {
    const world = new RentWorld();
    const pod = await ready(world);
    if (!saved) await unsaved(world);
    pod.mishaps["cannot-stop"] = { kind: "cannot-stop" };
    await stopped(world, saved ? { disk: "keep" } : { disk: "delete", evenUnsaved: true });
    expect(pod.status).toBe("TERMINATED");
    expect(receipt(world)).toMatchObject({ rent: { ended: "deleted", disk: null } });
  }
});

test("a locked machine is said to be locked, at once; it is stopped when somebody has unlocked it, and nobody has to come back for that", async () => {
  const world = new RentWorld();
  const pod = await ready(world, { idleStopSeconds: 600 });
  pod.mishaps.locked = { kind: "locked" };
  await world.session.stop({ disk: "keep" });
  await world.until(() => world.phase() === "needs-help", MINUTE);
  expect(world.session.snapshot().error).toMatchObject({ code: "stop-incomplete", advice: expect.stringContaining("unlock it in Runpod's console") });
  await world.pass(HOUR);
  expect(pod.status).toBe("RUNNING");
  pod.mishaps = {};
  await world.until(() => world.phase() === "stopped", 10 * MINUTE);
  expect(pod.status).toBe("EXITED");
  expect(receipt(world).rent).toMatchObject({ ended: "stopped", source: "bill" });
});

test("a machine that is locked before it has shown that it can stop itself does not count as armed", async () => {
  const world = new RentWorld();
  world.account.faults.add({ kind: "locked" });
  await ready(world);
  expect(world.session.snapshot().rent!.guard).toMatchObject({ state: "accepted", reason: expect.stringContaining("locked") });
});

test("a machine whose status nobody knows counts as running: it is paid for, watched, and stopped", async () => {
  const world = new RentWorld();
  const pod = await ready(world);
  pod.mishaps["status-unknown"] = { kind: "status-unknown" };
  pod.mishaps["price-missing"] = { kind: "price-missing" };
  await world.pass(5 * MINUTE);
  world.use();
  expect(world.session.snapshot()).toMatchObject({ phase: "ready", rent: { running: true, state: "starting" } });
  await stopped(world, { disk: "keep" });
  expect(pod.status).toBe("EXITED");
  expect(receipt(world).rent).toMatchObject({ ended: "stopped", source: "bill" });

  // From its start on: it is never taken for up, and is given back before the next one is tried.
  const other = new RentWorld();
  other.account.faults.add({ kind: "status-unknown" });
  await ready(other);
  expect(other.account.everyPod().map(({ status }) => status)).toEqual(["TERMINATED", "RUNNING"]);
});

test("a machine whose price is not told costs what its card was offered for: the budget holds all the same", async () => {
  const world = new RentWorld();
  world.account.faults.add({ kind: "price-missing" });
  const pod = await ready(world, { budgetMicroUsd: 200_000, idleStopSeconds: null });
  expect(world.session.snapshot().rent).toMatchObject({ microUsdPerHour: 250_000, deadlineByBudget: true });
  await world.until(() => world.phase() === "stopped", 2 * HOUR);
  expect(pod.status).toBe("EXITED");
  // The disk, a fortieth, is not in the offer.
  expect(world.account.bill.total(Date.parse(receipt(world).rent!.confirmedAt))).toBeLessThanOrEqual(200_000 * 1.03);
});

test("a machine of which is not told what can be done with it, anybody's in the account, is in nobody's way; ours is stopped all the same", async () => {
  const world = new RentWorld();
  const foreign = world.account.create({ name: "annas-training", image: "x", gpu: { id: "NVIDIA L40S", count: 1 } } as never);
  foreign.mishaps = { "actions-missing": { kind: "actions-missing" } };
  world.account.faults.add({ kind: "actions-missing" });
  await world.session.start(world.request());
  await world.until(() => world.phase() === "ready");
  const pod = world.account.pods().find((one) => one !== foreign)!;
  expect(world.session.snapshot().rent!.guard.state).toBe("armed");
  await unsaved(world);
  await stopped(world, { disk: "keep" });
  expect([pod.status, foreign.status]).toEqual(["EXITED", "RUNNING"]);
});
