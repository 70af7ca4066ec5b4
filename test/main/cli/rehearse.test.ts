import { expect, test } from "vitest";
import { REHEARSAL_FAULTS, type RehearsalEvent } from "../../../src/contract/rehearsal.ts";
import { MentorError } from "../../../src/contract/errors.ts";
import type { Receipt } from "../../../src/contract/session.ts";
import { AT, FakeCore, idleSession } from "../../fakes/core.ts";
import { run } from "./run.ts";

const RECEIPT: Receipt = {
  sessionId: "s1", host: "the rented RTX A5000", startedAt: AT, stoppedAt: AT, minutes: 2, costUsd: 0.0115, bytesSent: 98_000_000, kept: [],
  rent: { provider: "runpod", podId: "79zhf", gpu: "RTX A5000", cloud: "community", dataCenter: "EU-SE-1", microUsdPerHour: 345_000, runningSeconds: 120, microUsd: 11_500, source: "bill", ended: "deleted", confirmedAt: AT, disk: null },
};

const DONE: RehearsalEvent = {
  type: "done",
  result: {
    fault: "answer-lost", receipt: RECEIPT, billedMicroUsd: 11_500, rented: 1, left: 0, stoppedItself: false,
    answer: { answer: "n²", sources: [], question: "How fast?", interaction_id: "i", nothing_found: false, first_token_seconds: 0.2 },
  },
};

test("a rehearsal tells what it was, what it would have cost, and that nothing is left", async () => {
  const core = new FakeCore();
  core.rehearsal = [{ type: "session", event: { type: "snapshot", seq: 1, session: idleSession() } }, { type: "said", text: "Nobody asks anything now." }, DONE];
  const { exit, stdout } = await run(core, ["rehearse", "--fault", "answer-lost"]);
  expect(exit).toBe(0);
  for (const line of ["nothing costs money", REHEARSAL_FAULTS["answer-lost"], "Nobody asks anything now.", "Machines rented: 1; left at the end: 0.", "$0.01", "It cost nothing."]) expect(stdout).toContain(line);
  expect((await run(core, ["rehearse", "--json"])).last).toEqual({ rehearsed: DONE.result });
});

test("an unknown fault is a wrong command line, and one that breaks off is told as cancelled", async () => {
  expect((await run(new FakeCore(), ["rehearse", "--fault", "earthquake"])).exit).toBe(2);
  expect((await run(new FakeCore(), ["rehearse", "--json"])).last.error?.code).toBe("cancelled");
});

test("where none can be held, it says what is missing", async () => {
  const core = new FakeCore();
  core.onRehearse = () => {
    throw new MentorError("rehearsal-unavailable", "OpenSSH's server is not installed.");
  };
  const { exit, stderr } = await run(core, ["rehearse"]);
  expect(exit).toBe(1);
  expect(stderr).toContain("apt-get install openssh-server");
});
