import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { processPodsMissing } from "../../src/adapters/rehearsal/machines/process.ts";
import { REHEARSAL_FAULT_NAMES, type RehearsalResult } from "../../src/contract/rehearsal.ts";
import { newUser } from "../parts/mentor-cli.ts";

const FAULTS = process.env.AI_MENTOR_LONG === "1" ? REHEARSAL_FAULT_NAMES : (["answer-lost", "laptop-gone"] as const);

test.each(FAULTS)("a whole session on a pretended rented machine, where %s, costs what its receipt says and leaves nothing", { timeout: 900_000 }, async (fault) => {
  if (processPodsMissing !== null) throw new Error(processPodsMissing);
  const user = newUser();
  try {
    const { exit, last, lines, stderr } = await user.run("rehearse", "--fault", fault);
    expect(stderr).toBe("");
    expect(exit).toBe(0);
    const { rehearsed } = last as { rehearsed: RehearsalResult };
    expect(rehearsed).toMatchObject({ fault, rented: fault === "host-key-changed" ? 2 : 1, left: 0, stoppedItself: fault === "laptop-gone", answer: { nothing_found: false } });
    expect(rehearsed.receipt.rent).toMatchObject({ ended: fault === "laptop-gone" ? "by-itself" : "deleted", disk: null });
    // A machine that was given back at once has a receipt of its own.
    expect(fault === "host-key-changed" || rehearsed.receipt.rent!.microUsd === rehearsed.billedMicroUsd).toBe(true);
    expect(lines.some(({ type }) => type === "quote")).toBe(true);
    // The person's own sessions and receipts know nothing of it.
    expect((await user.run("status")).last).toMatchObject({ session: { id: null } });
    expect(existsSync(join(user.home, "rehearsal"))).toBe(false);
    expect(execFileSync("ps", ["axo", "args"], { encoding: "utf8" })).not.toContain(user.home);
  } finally {
    await user.leave();
  }
});
