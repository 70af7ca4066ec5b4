import assert from "node:assert/strict";
import type { StepId } from "../../../src/contract/plan.ts";
import type { JournalEntry } from "../../../src/core/session/entries.ts";
import { fold } from "../../../src/core/session/journal.ts";
import { effectsOf, transition, type Effect, type SessionInput } from "../../../src/core/session/machine.ts";
import { PLAN } from "../../../src/core/session/plan.ts";
import { evolve, idle, type SessionState } from "../../../src/core/session/state.ts";

/**
 * A model of the world beside the machine: which steps are at work, and what stands on the host.
 * Every event that could happen may happen, in any order, with crashes in between.
 */
export class World {
  state: SessionState = idle(PLAN);
  entries: JournalEntry[] = [];
  readonly running = new Map<StepId, { adopt: boolean; aborted: boolean }>();
  readonly undoing = new Set<StepId>();
  /** What a step made, wholly or by half, and nobody took back. */
  readonly stands = new Set<StepId>();
  readonly proven = new Set<StepId>();
  #time = Date.UTC(2026, 0, 1);
  #sessions = 0;

  /** `cut`: the app crashes after so many lines of the journal are written. */
  send(input: Record<string, unknown>, cut = Infinity): boolean {
    const at = new Date((this.#time += 1000)).toISOString();
    let result: ReturnType<typeof transition>;
    try {
      result = transition(PLAN, this.state, { at, ...input } as SessionInput);
    } catch {
      return false;
    }
    for (const entry of result.entries.slice(0, cut)) {
      const effects = effectsOf(PLAN, this.state, entry);
      this.entries = [...this.entries, entry];
      this.state = evolve(PLAN, this.state, entry);
      for (const effect of effects) this.#perform(effect);
    }
    if (cut < result.entries.length) this.crash();
    else {
      assert.deepEqual(this.state, result.state);
      this.checkInvariants();
    }
    return true;
  }

  /** The next session has its own journal, and what was forgotten is not its own. */
  startAfresh(): void {
    this.entries = [];
    this.state = idle(PLAN);
    this.stands.clear();
    this.start();
  }

  start(): boolean {
    return this.send({ type: "start", sessionId: `s${(this.#sessions += 1)}`, request: { stick: "/s", host: { kind: "local" } } });
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "run": {
        assert.ok(!this.running.has(effect.step), `${effect.step} is begun while it runs`);
        assert.ok(!this.proven.has(effect.step), `${effect.step} is done again`);
        for (const need of PLAN.find(({ id }) => id === effect.step)!.needs) assert.ok(this.proven.has(need), `${effect.step} runs before ${need}`);
        this.running.set(effect.step, { adopt: effect.adopt, aborted: false });
        this.stands.add(effect.step);
        return;
      }
      case "abort":
        assert.ok(this.running.has(effect.step), `${effect.step} is aborted but does not run`);
        this.running.get(effect.step)!.aborted = true;
        return;
      case "undo":
        assert.equal(this.running.size, 0, "undone while steps run");
        assert.ok(this.stands.has(effect.step), `${effect.step} is undone but was never begun, or twice`);
        for (const { id, needs } of PLAN) assert.ok(!needs.includes(effect.step) || !this.stands.has(id), `${effect.step} is undone under ${id}`);
        this.undoing.add(effect.step);
        this.proven.delete(effect.step);
        return;
      case "release":
        this.proven.clear();
    }
  }

  end(step: StepId, kind: "done" | "failed" | "cancelled" | "gone", cut = Infinity): void {
    const { adopt } = this.running.get(step)!;
    this.running.delete(step);
    if (kind === "done") this.proven.add(step);
    const facts = {};
    if (kind === "done") this.send({ type: "step-done", step, outcome: null, skipped: false, adopted: adopt, facts }, cut);
    else if (kind === "gone") this.send({ type: "step-gone", step });
    else if (kind === "failed") this.send({ type: "step-failed", step, error: { code: "internal", message: "no" }, facts }, cut);
    else this.send({ type: "step-cancelled", step, facts });
  }

  endUndo(step: StepId, well: boolean): void {
    this.undoing.delete(step);
    if (well) this.stands.delete(step);
    this.send(well ? { type: "undo-done", step, facts: {} } : { type: "undo-failed", step, error: { code: "host-lost", message: "no" }, facts: {} });
  }

  lose(step: StepId): void {
    if (!this.send({ type: "step-lost", step, error: { code: "host-lost", message: "gone" } })) return;
    if (this.state.direction === "stop") return;
    const affected = new Set<StepId>([step]);
    for (const { id, needs } of PLAN) if (needs.some((need) => affected.has(need))) affected.add(id);
    for (const id of affected) this.proven.delete(id);
  }

  /** The journal survives, the process does not. */
  crash(): void {
    this.running.clear();
    this.undoing.clear();
    this.proven.clear();
    this.state = fold(PLAN, this.entries);
    this.send({ type: "recover" });
  }

  checkInvariants(): void {
    const { phase, steps } = this.state;
    assert.deepEqual(fold(PLAN, this.entries), this.state);
    const running = [...steps].filter(([, { status }]) => status === "running").map(([id]) => id);
    assert.deepEqual(new Set(running), new Set(this.running.keys()));
    const undoing = [...steps].filter(([, { undo }]) => undo === "running").map(([id]) => id);
    assert.deepEqual(new Set(undoing), this.undoing);
    if (phase === "idle" || phase === "stopped" || phase === "needs-help") {
      assert.deepEqual(running, []);
      assert.deepEqual(undoing, []);
    }
    if (phase === "needs-help") assert.notEqual(this.state.error, null);
    if (phase === "ready") for (const { id } of PLAN) assert.ok(this.proven.has(id), `ready without ${id}`);
    if (phase === "starting" || phase === "stopping") assert.ok(running.length + undoing.length > 0, "nothing is left to wait for");
    const owned = [...steps].filter(([, step]) => step.owned).map(([id]) => id);
    if (this.entries.at(-1)?.type !== "forgotten") assert.deepEqual(new Set(owned), this.stands);
    if (phase === "stopped" && this.entries.at(-1)?.type === "stopped") assert.equal(this.stands.size, 0, "stopped, and something stands");
  }
}
