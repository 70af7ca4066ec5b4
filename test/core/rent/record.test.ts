import { expect, test } from "vitest";
import type { Pod } from "../../../src/core/ports.ts";
import { costOf, dollars, secondsFor } from "../../../src/core/rent/money.ts";
import { deadlineOf, metered, newRecord, rentReceipt, rentSnapshot, withSight } from "../../../src/core/rent/record.ts";

const T0 = Date.UTC(2026, 0, 1);
const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString();
const POD: Pod = { id: "p1", name: "ai-mentor-s1", state: "running", gpu: "RTX A5000", cloud: "community", dataCenter: "EU-SE-1", cudaVersion: "12.8", microUsdPerHour: 360_000, ssh: null, disk: { kind: "own", gigabytes: 20, volumeId: null, microUsdPerDay: 130_000 }, startedAt: at(30), upSeconds: null, stoppable: true, locked: false };
const ordered = { ...newRecord("ai-mentor-s1", { kind: "runpod", budgetMicroUsd: 180_000 }, at(0)), asked: { gpu: "x", cloud: "community" as const, at: at(10) } };

test("money is counted in whole micro-dollars from the order on, through restarts, and never twice", () => {
  expect(costOf(340_000, 3_600)).toBe(340_000);
  expect([costOf(340_000, 1), secondsFor(340_000, 340_000), dollars(340_000), dollars(31_200)]).toEqual([94, 3_600, "$0.34", "$0.0312"]);
  let record = withSight(ordered, { ...POD, state: "provisioning", startedAt: null }, at(15));
  record = withSight(record, POD, at(40));
  expect(metered(record, at(110))).toMatchObject({ seconds: 100, microUsd: 10_000 });
  // Stopped some time after it was last seen: until then at the least.
  record = withSight(record, POD, at(1_010));
  record = withSight(record, { ...POD, state: "stopped", startedAt: null, microUsdPerHour: 0 }, at(5_000));
  expect(metered(record, at(9_000))).toMatchObject({ seconds: 1_000, microUsd: 100_000 });
  record = withSight(record, { ...POD, startedAt: at(6_000) }, at(6_000));
  expect(metered(record, at(6_100))).toMatchObject({ seconds: 1_100, microUsd: 110_000 });
  expect(rentSnapshot(record)).toMatchObject({ running: true, spentMicroUsd: 100_000, spentAt: at(6_000), microUsdPerHour: 360_000 });
});

test("the machine ends when the budget does, where that is before the wanted time", () => {
  const record = withSight(ordered, POD, at(15));
  expect(deadlineOf(record)).toEqual({ at: at(10 + 1_800), byBudget: true });
  expect(deadlineOf({ ...record, budgetMicroUsd: 18_000_000 })).toEqual({ at: at(4 * 3_600), byBudget: false });
});

test("the receipt is the provider's bill, unless that lags behind what was seen to run", () => {
  const record = withSight(withSight(ordered, POD, at(15)), POD, at(1_010));
  const ended = { how: "stopped", at: at(1_010), disk: "keep" } as const;
  expect(rentReceipt(record, { ...ended, billed: 99_800 })).toMatchObject({ microUsd: 99_800, source: "bill", runningSeconds: 1_000, disk: { gigabytes: 20 } });
  expect(rentReceipt(record, { ...ended, billed: 20_000 })).toMatchObject({ microUsd: 100_000, source: "meter" });
  expect(rentReceipt(record, { ...ended, billed: null, disk: "delete" })).toMatchObject({ source: "meter", disk: null });
  expect(rentReceipt({ ...record, billedBefore: 500_000 }, { ...ended, billed: 599_800 })).toMatchObject({ microUsd: 99_800, source: "bill" });
  expect(rentReceipt(ordered, { ...ended, billed: null })).toBeNull();
});
