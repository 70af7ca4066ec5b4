import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { RunpodAccount } from "../../../src/adapters/rehearsal/runpod/account.ts";
import { fetchFrom } from "../../../src/adapters/rehearsal/runpod/fetch.ts";
import { NO_DELAYS } from "../../../src/adapters/rehearsal/runpod/world.ts";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { Runpod } from "../../../src/adapters/runpod/provider.ts";
import type { SessionTimings, StartRequest } from "../../../src/contract/session.ts";
import type { Secrets } from "../../../src/core/ports.ts";
import { createCore } from "../../../src/main/host/core.ts";
import { tinyGguf } from "../../parts/gguf.ts";

const KEY = "rpa_0123456789secret";
const never = new AbortController().signal;

/** A real core with a data folder of its own, and an account in memory. */
async function desk() {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-rentals-"));
  const account = new RunpodAccount({ clock: systemClock, key: KEY, delays: NO_DELAYS });
  const kept = new Map<string, string>();
  const secrets: Secrets = { get: async (name) => kept.get(name) ?? null, set: async (name, value) => void kept.set(name, value), delete: async (name) => void kept.delete(name) };
  const provider = new Runpod({ key: async () => KEY, clock: systemClock, fetch: fetchFrom(account) });
  const open = () => createCore({ dataFolder: join(folder, "data"), shell: "background", secrets, provider: () => provider });
  const core = await open();
  onTestFinished(async () => {
    await core.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const stick = join(folder, "stick");
  mkdirSync(join(stick, "models"), { recursive: true });
  writeFileSync(join(stick, "models", "tiny.gguf"), tinyGguf({ name: "Tiny" }));
  const request = (host: Partial<Extract<StartRequest["host"], { kind: "runpod" }>> = {}): StartRequest => ({ stick, host: { kind: "runpod", ...host } });
  return { folder, account, provider, core, request, enterKey: () => core.endpointKeys.set("runpod", KEY) };
}

const rented = (account: RunpodAccount, name: string) => account.create({ name, image: "x", gpu: { id: "NVIDIA RTX A5000", count: 1 }, cloud: "COMMUNITY", mounts: { persistent: { size: 20, path: "/workspace" } } } as never);

test("without a key nothing is asked: no price, and no machines", async () => {
  const { core, request } = await desk();
  await expect(core.rentals.quote(request(), never)).rejects.toMatchObject({ code: "provider-key-missing" });
  expect(await core.rentals.pods()).toEqual([]);
});

test("a quote names the model, the cards in order with what is in the way, the disk, and the time that this computer's own sessions took", async () => {
  const { core, request, enterKey, folder } = await desk();
  await enterKey();
  const first = await core.rentals.quote(request({ maxMicroUsdPerHour: 400_000 }), never);
  expect(first).toMatchObject({ model: { name: "tiny" }, first: { name: "RTX A4000", cloud: "secure" }, disk: { kind: "own", gigabytes: 20 }, untilReady: null, problem: null });
  expect(first.neededBytes).toBeGreaterThan(0);
  expect(first.candidates.find(({ name }) => name === "L40S")?.leftOut).toMatch(/costs \$0\.\d+ an hour/);

  // Of a session on a machine of one's own nothing follows for a rented one.
  const took = (kind: "ssh" | "runpod", seconds: number): SessionTimings => ({ sessionId: kind, host: kind, startedAt: "2026-01-01T00:00:00.000Z", readySeconds: seconds, steps: [{ id: "rent-pod", startedAt: "2026-01-01T00:00:00.000Z", seconds }] });
  writeFileSync(join(folder, "data", "history.jsonl"), `${JSON.stringify(took("ssh", 9_000))}\n${JSON.stringify(took("runpod", 120))}\n`);
  const { untilReady, first: card } = await core.rentals.quote(request(), never);
  expect(untilReady).toMatchObject({ sessions: 1 });
  expect(untilReady!.seconds).toBeGreaterThanOrEqual(120);
  expect(untilReady!.seconds).toBeLessThan(1_000);
  expect(untilReady!.microUsd).toBe(Math.round((card!.microUsdPerHour * untilReady!.seconds) / 3_600));
});

test("what stands in the way of a start is told in the quote, beside the prices", async () => {
  const { core, request, enterKey, account } = await desk();
  await enterKey();
  const problem = async (wanted: StartRequest) => (await core.rentals.quote(wanted, never)).problem?.code;
  expect(await problem({ host: { kind: "runpod" } })).toBe("stick-missing");
  expect(await problem(request({ volumeId: "nowhere" }))).toBe("input-invalid");
  expect(await problem(request({ maxMicroUsdPerHour: 1_000 }))).toBe("no-gpu-fits");
  for (const rack of account.stock.racks) rack.free = 0;
  expect(await problem(request())).toBe("no-capacity");
  await expect(core.rentals.quote({ host: { kind: "local" } }, never)).rejects.toMatchObject({ code: "input-invalid" });
});

test("machines of ours that run without a session are listed with their cost, and can be ended; others are not touched", async () => {
  const { core, enterKey, account } = await desk();
  await enterKey();
  const forgotten = rented(account, "ai-mentor-0f0e2d6c-6c1d-4c55-9a6e-3f4f8a1b2c3d");
  // Somebody's own, one of them with a name that begins as ours do.
  const foreign = [rented(account, "annas-training"), rented(account, "ai-mentor-dev")];
  const [seen, ...more] = await core.rentals.pods();
  expect(seen).toMatchObject({ id: forgotten.id, state: "running", gpu: "RTX A5000", sessionId: null, madeHere: false, disk: { kind: "own", gigabytes: 20 } });
  expect(seen!.microUsdPerHour).toBeGreaterThan(340_000);
  expect(more).toEqual([]);
  for (const { id } of foreign) for (const how of ["stop", "terminate"] as const) await expect(core.rentals.end(id, how)).rejects.toMatchObject({ code: "input-invalid" });
  // Another computer has rented it, and it runs: its course may be in no backup yet.
  await expect(core.rentals.end(forgotten.id, "terminate")).rejects.toMatchObject({ code: "pod-in-use" });
  expect(await core.rentals.end(forgotten.id, "stop")).toMatchObject([{ id: forgotten.id, state: "stopped" }]);
  expect(await core.rentals.end(forgotten.id, "terminate")).toEqual([]);
  expect(foreign.map(({ status }) => status)).toEqual(["RUNNING", "RUNNING"]);
});

test("volumes are made and listed; a quote with one looks in its data centre, and shows its price", async () => {
  const { core, request, enterKey } = await desk();
  await enterKey();
  const volume = await core.rentals.createVolume({ name: "course", gigabytes: 30, dataCenter: "EU-RO-1" });
  expect(await core.rentals.volumes()).toEqual([volume]);
  const { first, disk } = await core.rentals.quote(request({ volumeId: volume.id }), never);
  expect(disk).toEqual({ kind: "network", gigabytes: 30, volumeId: volume.id, microUsdPerDay: volume.microUsdPerDay });
  expect(first).toMatchObject({ cloud: "secure", dataCenters: expect.arrayContaining(["EU-RO-1"]) });
});

test("where no rented session runs there is nothing to extend", async () => {
  const { core, enterKey } = await desk();
  await enterKey();
  await expect(core.rentals.extend({ seconds: 600 }, never)).rejects.toMatchObject({ code: "session-missing" });
});
