import { expect, test } from "vitest";
import type { JournalEntry } from "../../../src/core/session/entries.ts";
import { PLAN, planFor } from "../../../src/core/session/plan.ts";
import { HOUR, RentWorld } from "./rent-world.ts";

const STEPS = planFor(PLAN, { stick: "/s", host: { kind: "runpod" } }).map(({ id }) => id);
const lines = (world: RentWorld) => [...world.journals.values()].at(-1)!.lines.length;
const entries = (world: RentWorld) => [...world.journals.values()].at(-1)!.lines.map((line) => JSON.parse(line) as JournalEntry);
const paid = (world: RentWorld) => world.account.pods().filter(({ holdsCard }) => holdsCard);

function settledReceipt(world: RentWorld): void {
  const { receipt } = world.session.snapshot();
  const charged = receipt?.rent == null ? 0 : world.account.bill.total(Date.parse(receipt.rent.confirmedAt));
  expect(Math.abs((receipt?.rent?.microUsd ?? 0) - charged)).toBeLessThanOrEqual(200);
  expect(paid(world)).toEqual([]);
}

/** How many lines a whole life's journal has, and after which of them the start is over. */
async function wholeLife(): Promise<{ start: number; all: number }> {
  const world = new RentWorld();
  await world.session.start(world.request());
  await world.until(() => world.phase() === "ready");
  const start = lines(world);
  await world.session.stop({ disk: "keep" });
  await world.until(() => world.phase() === "stopped");
  return { start, all: lines(world) };
}

test.each(["cancel", "retry"] as const)("the laptop is killed after every line of the journal of a start, and started again: %s", { timeout: 120_000 }, async (then) => {
  const { start } = await wholeLife();
  expect(start).toBeGreaterThan(STEPS.length * 2);
  for (let cut = 1; cut < start; cut++) {
    const world = new RentWorld();
    world.dieAfter = cut;
    void world.session.start(world.request());
    await world.until(() => world.journals.size > 0 && lines(world) >= cut);
    await world.crash();
    await world.until(() => ["needs-help", "ready"].includes(world.phase()));
    expect(world.account.everyPod().length, `after line ${cut}`).toBeLessThanOrEqual(1);
    if (then === "retry") {
      if (world.phase() === "needs-help") await world.session.retry();
      await world.until(() => world.phase() === "ready");
      await world.session.stop({ disk: "delete" });
    } else await world.session.cancel();
    await world.until(() => world.phase() === "stopped");
    expect(world.account.everyPod().length, `after line ${cut}`).toBeLessThanOrEqual(1);
    expect(world.account.pods().filter(({ status }) => status !== "EXITED"), `after line ${cut}`).toEqual([]);
    settledReceipt(world);
  }
});

test("the laptop is killed after every line of the journal of a stop, and started again: the stop goes on by itself", { timeout: 120_000 }, async () => {
  const { start, all } = await wholeLife();
  for (let cut = start + 1; cut < all; cut++) {
    const world = new RentWorld();
    await world.session.start(world.request());
    await world.until(() => world.phase() === "ready");
    const before = lines(world);
    world.dieAfter = before + cut - start;
    void world.session.stop({ disk: "keep" });
    await world.until(() => lines(world) >= world.dieAfter!, HOUR);
    await world.crash();
    await world.until(() => world.phase() === "stopped");
    expect(entries(world).some(({ type }) => type === "session-recovered"), `after line ${cut}`).toBe(true);
    expect(world.account.pods(), `after line ${cut}`).toMatchObject([{ status: "EXITED" }]);
    expect(world.session.snapshot().receipt!.rent!.ended, `after line ${cut}`).toBe("stopped");
    settledReceipt(world);
  }
});
