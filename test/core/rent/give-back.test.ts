import { expect, test } from "vitest";
import type { Pod, Provider } from "../../../src/core/ports.ts";
import { givePodBack } from "../../../src/core/rent/give-back.ts";
import { newRecord, withSight } from "../../../src/core/rent/record.ts";
import type { RentWork } from "../../../src/core/rent/work.ts";
import { FakeClock } from "../../fakes/clock.ts";

const POD: Pod = { id: "p1", name: "ai-mentor-s1", state: "running", gpu: "RTX A5000", cloud: "community", dataCenter: null, cudaVersion: "12.8", microUsdPerHour: 360_000, ssh: null, disk: { kind: "own", gigabytes: 20, volumeId: null, microUsdPerDay: 1 }, startedAt: "2026-01-01T00:00:00.000Z", upSeconds: null, stoppable: true, locked: false };

/** An account whose list shows an end only so long after it was asked for; Infinity: never. */
function laggingAccount(lagMs: number, pod = POD) {
  const clock = new FakeClock();
  const asked: string[] = [];
  let endedAt = Infinity;
  const now = (): Pod => (clock.now() < endedAt ? pod : { ...pod, state: "stopped", startedAt: null, microUsdPerHour: 0 });
  const provider = {
    list: async () => [{ ...POD, id: "foreign", name: "annas-training" }, now()],
    describe: async () => now(),
    stop: async (id: string) => {
      asked.push(`stop ${id}`);
      endedAt = Math.min(endedAt, clock.now() + lagMs);
    },
    terminate: async (id: string) => void asked.push(`terminate ${id}`),
    billed: async () => null,
  } as unknown as Provider;
  const work: RentWork = { provider, clock, signal: new AbortController().signal, waiting: () => {}, log: () => {}, save: async () => {} };
  const record = { ...withSight(newRecord("ai-mentor-s1", { kind: "runpod" }, new Date(clock.now()).toISOString()), POD, new Date(clock.now()).toISOString()), wasUp: true };
  const back = givePodBack(work, record, "keep");
  back.catch(() => {});
  return { clock, asked, back, state: () => now().state };
}

test("an end is believed when the provider's own list shows it, not when it was accepted; until then it is asked for again", async () => {
  const { clock, asked, back, state } = laggingAccount(50_000);
  const over = { yet: false };
  void back.then(() => (over.yet = true));
  await clock.advance(45_000);
  expect([over.yet, state(), asked]).toEqual([false, "running", ["stop p1", "stop p1", "stop p1"]]);
  await clock.advance(20_000);
  expect((await back).receipt).toMatchObject({ ended: "stopped", source: "meter", confirmedAt: expect.stringContaining("T00:00:5") });
  expect(asked.every((what) => what === "stop p1")).toBe(true);
});

test("one that the list never shows ended is not said to be stopped; where it is locked it says what to do", async () => {
  for (const locked of [false, true]) {
    const { clock, back } = laggingAccount(Infinity, { ...POD, locked });
    await clock.advance(10 * 60_000);
    await expect(back).rejects.toMatchObject({ code: "stop-incomplete", message: "Runpod still lists p1 (running).", advice: expect.stringContaining(locked ? "unlock it" : "Press Stop again") });
  }
});
