import { expect, test } from "vitest";
import type { PodOfOurs, Quote, QuoteCandidate, RentReceipt } from "../../../src/contract/rent.ts";
import { AT, FakeCore } from "../../fakes/core.ts";
import { run } from "./run.ts";

const DISK = { kind: "own", gigabytes: 20, volumeId: null, microUsdPerDay: 133_333 } as const;
const POD: PodOfOurs = { id: "p1", name: "ai-mentor-s0", state: "running", gpu: "RTX A5000", cloud: "community", dataCenter: "EU-SE-1", microUsdPerHour: 340_000, runningSince: AT, spentMicroUsd: 680_000, disk: DISK, sessionId: null, madeHere: true };
const OFFER: QuoteCandidate = { id: "NVIDIA RTX A5000", name: "RTX A5000", memoryGiB: 24, cloud: "community", microUsdPerHour: 340_000, stock: "high", dataCenters: [], contextTokens: 8192, leftOut: null };
const QUOTE: Quote = { model: { name: "Mistral", bytes: 5e9 }, neededBytes: 7e9, parallel: 4, candidates: [OFFER, { ...OFFER, name: "A40", contextTokens: null, leftOut: "none is free now" }], first: OFFER, disk: DISK, untilReady: { seconds: 240, microUsd: 22_667, sessions: 3 }, problem: null };

test("what a rented machine may be and cost is said with the start", async () => {
  const core = new FakeCore();
  const words = ["--max-price", "0.40", "--gpu", "RTX A5000,RTX 4090", "--cloud", "community", "--stop-after", "3h", "--idle-stop", "20m", "--budget", "$2", "--disk", "40"];
  expect((await run(core, ["start", "--stick", "stick", "--host", "runpod", ...words])).exit).toBe(0);
  expect(core.requests[0]!.host).toEqual({ kind: "runpod", maxMicroUsdPerHour: 400_000, gpus: ["RTX A5000", "RTX 4090"], clouds: ["community"], stopAfterSeconds: 10_800, idleStopSeconds: 1_200, budgetMicroUsd: 2_000_000, diskGigabytes: 40 });
  const second = await run(core, ["start", "--stick", "stick", "--host", "runpod", "--idle-stop", "never", "--stop-after", "1h30m", "--pod", "p1", "--without-guard"]);
  expect(second.stderr).toBe("");
  expect(core.requests.at(-1)!.host).toEqual({ kind: "runpod", idleStopSeconds: null, stopAfterSeconds: 5_400, podId: "p1", withoutGuard: true });
});

test.each([
  [["--max-price", "cheap"], /amount of US dollars/],
  [["--max-price", "0"], /amount of US dollars/],
  [["--stop-after", "3"], /as in 20m, 3h/],
  [["--idle-stop", "30s"], /a minute or more/],
  [["--gpu", " , "], /a list with commas/],
  [["--cloud", "mine"], /secure, community or both/],
  [["--disk", "9"], /from 10 to 4096/],
  [["--ssh", "root@h"], /goes with --host ssh/],
  [["--pod", "p", "--volume", "v"], /exclude each other/],
])("%j is refused before anything is asked of the core", async (words, why) => {
  const core = new FakeCore();
  const { exit, stderr } = await run(core, ["start", "--stick", "stick", "--host", "runpod", ...words]);
  expect([exit, core.calls]).toEqual([2, []]);
  expect(stderr).toMatch(why);
  expect((await run(core, ["start", "--stick", "stick", "--budget", "1"])).stderr).toContain("--budget goes with --host runpod");
});

test("a quote tells model, card, price, and minutes and money until ready; and rents nothing", async () => {
  const core = new FakeCore();
  core.quote = QUOTE;
  const { exit, stdout } = await run(core, ["quote", "--stick", "stick", "--gpu", "A5000"]);
  expect([exit, core.calls.filter((call) => call !== "close")]).toEqual([0, []]);
  expect(stdout).toContain("It would run on a RTX A5000 (24 GB, community cloud) for $0.34 an hour, with 8,192 tokens for each student.");
  expect(stdout).toContain("Ready after about 4 min 0 s and $0.0227, as 3 sessions before.");
  expect(stdout).toMatch(/A40 .* none is free now/);
  expect((await run(core, ["quote", "--stick", "stick", "--json"])).last).toEqual({ quote: QUOTE });
});

test("machines of ours are listed, those that nobody uses first, with what to do", async () => {
  const core = new FakeCore();
  core.pods = [{ ...POD, id: "p2", sessionId: "s1" }, POD, { ...POD, id: "p3", state: "stopped", runningSince: null, madeHere: false }];
  const { stdout } = await run(core, ["pods"]);
  expect(stdout.indexOf("p1")).toBeLessThan(stdout.indexOf("p2"));
  expect(stdout).toContain("p1  RTX A5000  running, $0.34 an hour, $0.68 so far\n  No session uses it. Stop it: ai-mentor pods stop p1");
  expect(stdout).toContain("p3  RTX A5000  stopped, disk $0.13 a day, rented from another computer");
  expect((await run(core, ["pods", "stop", "p1", "--json"])).last).toMatchObject({ pods: [{ id: "p2" }, { id: "p1", state: "stopped" }, { id: "p3" }] });
  await run(core, ["pods", "delete", "p1"]);
  expect(core.calls.filter((call) => call.includes("pod "))).toEqual(["stop pod p1", "terminate pod p1"]);
});

test("a machine that runs without a session is told at the start of the next one", async () => {
  const core = new FakeCore();
  core.pods = [POD];
  expect((await run(core, ["start", "--stick", "stick"])).stdout).toContain("No session uses it.");
});

test("stop says what becomes of the disk, extend moves the end, receipt tells what it cost", async () => {
  const core = new FakeCore();
  await run(core, ["start", "--stick", "stick", "--host", "runpod"]);
  await run(core, ["extend", "--by", "1h", "--budget", "5"]);
  await run(core, ["stop", "--disk", "delete", "--even-unsaved"]);
  expect(core.calls).toEqual(expect.arrayContaining(['extend {"seconds":3600,"budgetMicroUsd":5000000}', 'stop {"disk":"delete","evenUnsaved":true}']));
  expect((await run(core, ["extend"])).exit).toBe(2);

  const rent: RentReceipt = { provider: "runpod", podId: "p1", gpu: "RTX A5000", cloud: "community", dataCenter: null, microUsdPerHour: 340_000, runningSeconds: 3_000, microUsd: 283_333, source: "bill", ended: "stopped", confirmedAt: "2026-11-23T08:50:07.000Z", disk: DISK };
  const receipt = { sessionId: "s1", host: "the rented RTX A5000", startedAt: AT, stoppedAt: AT, minutes: 50, costUsd: 0.283333, bytesSent: 5e9, kept: ["The machine's disk (20 GB) is kept for $0.13 a day."], rent };
  core.receipts = [receipt, { ...receipt, sessionId: "s0", rent: null, costUsd: 0, host: "this computer" }];
  const { stdout } = await run(core, ["receipt"]);
  expect(stdout).toContain("$0.28 by Runpod's bill");
  expect(stdout).toContain("stopped, seen in Runpod's list at 08:50:07 UTC");
  expect(stdout).not.toContain("this computer");
  expect((await run(core, ["receipt", "--all", "--json"])).last).toEqual({ receipts: core.receipts });
});
