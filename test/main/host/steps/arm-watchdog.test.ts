import { expect, test } from "vitest";
import type { PodGuard } from "../../../../src/contract/agent.ts";
import { newRecord } from "../../../../src/core/rent/record.ts";
import { SessionFacts } from "../../../../src/core/session/facts.ts";
import { proveGuard, watchdogFor } from "../../../../src/main/host/steps/arm-watchdog.ts";

const NOW = Date.UTC(2026, 0, 1);
const RECORD = { ...newRecord("ai-mentor-s1", { kind: "runpod", stopAfterSeconds: 7_200 }, new Date(NOW).toISOString()), podId: "p1" };
const PROVEN: PodGuard = { proven: true, provenAt: "2026-01-01T00:00:01.000Z", reason: null };
const UNPROVEN: PodGuard = { proven: false, provenAt: null, reason: "its own credential may not read it (401)" };

function prove(guard: PodGuard | null, { once = {}, withoutGuard }: { once?: { withoutGuard?: boolean }; withoutGuard?: boolean } = {}) {
  const facts = new SessionFacts({ rent: RECORD });
  const logged: string[] = [];
  const done = proveGuard({ facts, request: { host: { kind: "runpod", withoutGuard } }, once, log: (_, text) => logged.push(text), checkpoint: async () => {} }, guard);
  return { done, logged, state: () => facts.require("rent").guard };
}

test("a machine that has shown that it can stop itself is armed, and says by when it stops at the latest", async () => {
  const { done, state } = prove(PROVEN);
  expect(await done).toBe("proven: the machine stops itself at 02:00 UTC at the latest");
  expect(state()).toEqual({ state: "armed", provenAt: PROVEN.provenAt, reason: null });
});

test("one that has not is said to be so before anything is sent, and goes on only when the person says so", async () => {
  for (const guard of [UNPROVEN, null]) {
    const { done, state } = prove(guard);
    await expect(done).rejects.toMatchObject({ code: "guard-unproven" });
    expect(state().state).toBe("unproven");
  }
  for (const said of [{ once: { withoutGuard: true } }, { withoutGuard: true }]) {
    const { done, state, logged } = prove(UNPROVEN, said);
    await done;
    expect(state()).toEqual({ state: "accepted", provenAt: null, reason: UNPROVEN.reason });
    expect(logged.join()).toContain("this computer stops it in time");
  }
});

test("a rented machine gets its end in seconds, its idle time and the right to stop itself; others a silence alone", () => {
  const provider = { podApi: "https://api.runpod.io/v2" } as never;
  expect(watchdogFor("runpod", RECORD, provider, NOW + 200_000)).toEqual({ deadlineInSeconds: 7_000, silenceSeconds: 1_200, idleSeconds: 1_800, pod: { id: "p1", api: "https://api.runpod.io/v2" } });
  expect(watchdogFor("local", undefined, undefined, NOW)).toEqual({ deadlineInSeconds: null, silenceSeconds: 3_600 });
});
