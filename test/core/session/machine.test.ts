import { describe, expect, test } from "vitest";
import { MentorError, type ErrorCode, type ErrorReport } from "../../../src/contract/errors.ts";
import type { StepId } from "../../../src/contract/plan.ts";
import type { SessionPhase, StartRequest } from "../../../src/contract/session.ts";
import type { JournalEntry } from "../../../src/core/session/entries.ts";
import { fold, remains } from "../../../src/core/session/journal.ts";
import { decide, transition, type SessionInput } from "../../../src/core/session/machine.ts";
import { PLAN as FULL_PLAN, planFor } from "../../../src/core/session/plan.ts";
import { idle, toSnapshot, type SessionState } from "../../../src/core/session/state.ts";

/** Without an endpoint, as these sessions are. */
const PLAN = planFor(FULL_PLAN, null);
const AT = "2026-01-01T10:00:00.000Z";
const REQUEST: StartRequest = { stick: "/media/stick", host: { kind: "ssh", address: "root@pod", identity: "/keys/id" } };
const LOST: ErrorReport = { code: "host-lost", message: "The connection broke." };
const FULL: ErrorReport = { code: "disk-full", message: "12 GB are missing." };

/** A session driven by hand: nothing runs, every outcome is told. */
class Driven {
  state: SessionState = idle(PLAN);
  readonly entries: JournalEntry[] = [];
  effects: string[] = [];

  send(input: Omit<SessionInput, "at"> & { at?: string }): this {
    const result = transition(PLAN, this.state, { at: AT, ...input } as SessionInput);
    this.state = result.state;
    this.entries.push(...result.entries);
    this.effects = result.effects.map((effect) => ("step" in effect ? `${effect.type}${effect.type === "run" && effect.adopt ? "-adopt" : ""} ${effect.step}` : effect.type));
    return this;
  }

  start(): this {
    return this.send({ type: "start", sessionId: "s1", request: REQUEST } as SessionInput);
  }

  done(...steps: StepId[]): this {
    for (const step of steps) this.send({ type: "step-done", step, outcome: null, skipped: false, adopted: false, facts: {} } as SessionInput);
    return this;
  }

  adopted(...steps: StepId[]): this {
    for (const step of steps) this.send({ type: "step-done", step, outcome: null, skipped: false, adopted: true, facts: {} } as SessionInput);
    return this;
  }

  failed(step: StepId, error = FULL): this {
    return this.send({ type: "step-failed", step, error, facts: {} } as SessionInput);
  }

  undone(...steps: StepId[]): this {
    for (const step of steps) this.send({ type: "undo-done", step, facts: {} } as SessionInput);
    return this;
  }

  /** All steps succeed, one after the other, up to and without this one. */
  until(last?: StepId): this {
    for (const { id } of PLAN) {
      if (id === last) break;
      this.done(id);
    }
    return this;
  }

  crash(): this {
    this.state = fold(PLAN, this.entries);
    return this;
  }

  status(step: StepId): string {
    return this.state.steps.get(step)!.status;
  }
}

/** What it returns, or the code of the MentorError that it throws. */
function answerOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error instanceof MentorError ? error.code : error;
  }
}

const ready = () => new Driven().start().until();
const needsHelp = () => new Driven().start().until("fit").failed("fit");
const stopping = () => ready().send({ type: "stop" });
const stopped = () => {
  const session = stopping();
  for (const { id } of PLAN.toReversed()) session.undone(id);
  return session;
};

test("what runs side by side follows from the needs alone", () => {
  const session = new Driven().start();
  expect(session.effects).toEqual(["run find-model"]);
  session.until("arm-watchdog");
  expect(session.effects).toEqual(["run arm-watchdog", "run install-servers"]);
  session.done("arm-watchdog");
  expect(session.effects).toEqual(["run upload-model"]);
  session.done("install-servers");
  expect(session.effects).toEqual(["run start-milvus", "run start-search", "run start-api"]);
  session.done("start-milvus");
  expect(session.effects).toEqual(["run check-milvus"]);
  session.done("check-milvus", "start-api", "start-search");
  expect(session.effects).toEqual(["run open-tunnels"]);
  session.done("open-tunnels");
  expect(session.effects).toEqual(["run restore-course"]);
  // All of that while the model is still on its way.
  session.done("upload-model");
  expect(session.effects).toEqual(["run start-llm"]);
  session.done("restore-course");
  expect(session.effects).toEqual([]);
  session.done("start-llm");
  expect(session.effects).toEqual(["run keep-course", "run self-check"]);
  session.done("keep-course", "self-check");
  expect(session.state.phase).toBe("ready");
  expect(session.state.readyAt).toBe(AT);
});

test("a failed step lets the one beside it finish, begins nothing new, then asks for help", () => {
  const session = new Driven().start().until("upload-model").failed("start-milvus");
  expect(session.state.phase).toBe("starting");
  session.done("upload-model", "start-search", "start-api");
  expect(session.effects).toEqual([]);
  expect(session.state).toMatchObject({ phase: "needs-help", error: FULL });
  expect(session.status("start-llm")).toBe("waiting");
});

test("a model that cannot be loaded is told, and not what failed because of it", () => {
  const session = new Driven().start().until("upload-model").done("start-milvus", "check-milvus", "start-search", "start-api", "open-tunnels", "upload-model");
  session.failed("restore-course", LOST).failed("start-llm");
  expect(session.state).toMatchObject({ phase: "needs-help", error: FULL });
});

test("retry runs the failed and what was waiting, and keeps what is done", () => {
  const session = new Driven().start().until("upload-model").failed("start-milvus").done("upload-model", "start-search", "start-api");
  session.send({ type: "retry" });
  expect(session.effects.toSorted()).toEqual(["run start-llm", "run start-milvus"]);
  expect(session.status("upload-model")).toBe("done");
  expect(session.state.error).toBeNull();
});

test("retry may choose another model, and the journal knows it", () => {
  const session = new Driven().start().failed("find-model", { code: "model-ambiguous", message: "Two models." });
  session.send({ type: "retry", model: "b.gguf" } as SessionInput);
  expect(session.state.request?.model).toBe("b.gguf");
  expect(fold(PLAN, session.entries).request?.model).toBe("b.gguf");
});

test("stop undoes everything in the reverse order of the needs, side by side where that allows it", () => {
  const session = stopping();
  expect(session.effects).toEqual(["undo keep-course", "undo self-check"]);
  session.undone("self-check");
  // The course is backed up while all that uses it still runs.
  expect(session.effects).toEqual([]);
  session.undone("keep-course");
  expect(session.effects).toEqual(["undo start-llm", "undo restore-course"]);
  session.undone("start-llm");
  expect(session.effects).toEqual(["undo upload-model"]);
  session.undone("restore-course", "open-tunnels");
  expect(session.effects).toEqual(["undo check-milvus", "undo start-search", "undo start-api"]);
  session.undone("start-api", "start-search", "upload-model");
  expect(session.effects).toEqual([]);
  session.undone("check-milvus");
  expect(session.effects).toEqual(["undo start-milvus"]);
  session.undone("start-milvus");
  expect(session.effects).toEqual(["undo arm-watchdog", "undo install-servers"]);
  session.undone("arm-watchdog", "install-servers", "install-kit", "fit", "inspect-host", "connect");
  expect(session.state.phase).toBe("stopping");
  session.undone("find-model");
  expect(session.state).toMatchObject({ phase: "stopped", error: null, receipt: { sessionId: "s1", host: "root@pod", costUsd: 0 } });
  expect(session.effects).toEqual(["release"]);
});

test("cancel while two steps run: both are aborted, nothing is undone before both have ended", () => {
  const session = new Driven().start().until("upload-model");
  session.send({ type: "cancel" });
  expect(session.effects).toEqual(["abort upload-model", "abort start-milvus", "abort start-search", "abort start-api"]);
  for (const step of ["upload-model", "start-milvus", "start-search"]) {
    session.send({ type: "step-cancelled", step, facts: {} } as SessionInput);
    expect(session.effects).toEqual([]);
  }
  session.send({ type: "step-cancelled", step: "start-api", facts: {} } as SessionInput);
  expect(session.effects).toEqual(["undo upload-model", "undo start-milvus", "undo start-search", "undo start-api"]);
  for (const { id } of PLAN.toReversed()) if (session.state.steps.get(id)!.owned) session.undone(id);
  expect(session.state).toMatchObject({ phase: "stopped", error: { code: "cancelled" } });
});

test("a failed undo ends as stop-incomplete; stop takes up what is left and nothing twice", () => {
  const session = stopping().undone("keep-course", "self-check", "restore-course", "open-tunnels", "start-llm", "upload-model", "start-search", "check-milvus", "start-milvus");
  session.send({ type: "undo-failed", step: "start-api", error: LOST, facts: {} } as SessionInput);
  expect(session.state).toMatchObject({ phase: "needs-help", error: { code: "stop-incomplete", message: "Not undone on root@pod: “Start the mentor”." } });
  session.send({ type: "stop" });
  expect(session.effects).toEqual(["undo start-api"]);
  session.send({ type: "undo-failed", step: "start-api", error: LOST, facts: {} } as SessionInput);
  session.send({ type: "forget" });
  expect(session.state).toMatchObject({ phase: "stopped", receipt: null });
  expect(session.effects).toEqual(["release"]);
});

test("retry after a failed stop goes on stopping, and a key may ask for its passphrase there", () => {
  const session = stopping().undone("keep-course", "restore-course");
  session.send({ type: "undo-failed", step: "self-check", error: { code: "key-encrypted", message: "The key is locked." }, facts: {} } as SessionInput);
  expect(session.state).toMatchObject({ phase: "needs-help", error: { code: "key-encrypted" } });
  session.send({ type: "retry" });
  expect(session.state.phase).toBe("stopping");
  expect(session.effects).toEqual(["undo self-check"]);
});

test("a backup that fails at Stop asks for itself, and Stop without it goes on", () => {
  const session = stopping().undone("self-check");
  session.send({ type: "undo-failed", step: "keep-course", error: { code: "backup-failed", message: "The stick is full." }, facts: {} } as SessionInput);
  expect(session.state).toMatchObject({ phase: "needs-help", error: { code: "backup-failed" } });
  session.send({ type: "retry" });
  expect(session.effects).toEqual(["undo keep-course"]);
  session.undone("keep-course");
  expect(session.effects).toEqual(["undo start-llm", "undo restore-course"]);
});

test("a start that is cancelled while the model is on its way backs no course up, though it has been brought", () => {
  const session = new Driven().start().until("upload-model").done("start-milvus", "check-milvus", "start-search", "start-api", "open-tunnels", "restore-course");
  session.send({ type: "cancel" }).send({ type: "step-cancelled", step: "upload-model", facts: {} } as SessionInput);
  expect(session.effects).toEqual(["undo upload-model", "undo restore-course"]);
  expect(session.state.steps.get("keep-course")!.owned).toBe(false);
});

test("a connection lost while ready asks for help; retry connects again and adopts the rest in order", () => {
  const session = ready();
  session.send({ type: "step-lost", step: "connect", error: LOST } as SessionInput);
  expect(session.state).toMatchObject({ phase: "needs-help", error: LOST });
  session.send({ type: "retry" });
  expect(session.effects).toEqual(["run-adopt connect"]);
  session.adopted("connect");
  expect(session.effects).toEqual(["run-adopt inspect-host"]);
  session.adopted("inspect-host", "fit", "install-kit", "install-servers", "arm-watchdog");
  expect(session.effects).toEqual(["run-adopt upload-model", "run-adopt start-milvus", "run-adopt start-search", "run-adopt start-api"]);
  session.send({ type: "step-gone", step: "start-milvus" } as SessionInput);
  expect(session.effects).toEqual(["run start-milvus"]);
});

test("a connection lost during the start aborts the steps that need it", () => {
  const session = new Driven().start().until("upload-model");
  session.send({ type: "step-lost", step: "connect", error: LOST } as SessionInput);
  expect(session.effects).toEqual(["abort upload-model", "abort start-milvus", "abort start-search", "abort start-api"]);
  session.failed("upload-model", LOST);
  for (const step of ["start-milvus", "start-search", "start-api"]) session.send({ type: "step-cancelled", step, facts: {} } as SessionInput);
  expect(session.state).toMatchObject({ phase: "needs-help", error: LOST });
  session.send({ type: "retry" });
  expect(session.effects).toEqual(["run-adopt connect"]);
});

describe("after a crash of the app", () => {
  test("nothing stands before a start and after a stop", () => {
    expect(remains(PLAN, []).kind).toBe("nothing");
    expect(remains(PLAN, stopped().entries).kind).toBe("nothing");
  });

  test("a ready session is adopted, and keeps the times of its start", () => {
    const session = ready();
    expect(remains(PLAN, session.entries).kind).toBe("adoptable");
    session.crash().send({ type: "recover", at: "2026-01-01T12:00:00.000Z" });
    expect(session.effects).toEqual(["run-adopt find-model"]);
    for (const { id } of PLAN) session.adopted(id);
    expect(session.state).toMatchObject({ phase: "ready", readyAt: AT });
    expect(session.state.steps.get("find-model")).toMatchObject({ startedAt: AT, endedAt: AT });
  });

  test("a second crash in the middle of the adoption takes nothing for half done", () => {
    const session = ready().crash().send({ type: "recover" }).adopted("find-model");
    expect(session.effects).toEqual(["run-adopt connect"]);
    session.crash().send({ type: "recover" });
    for (const { id } of PLAN) session.adopted(id);
    expect(session.state.phase).toBe("ready");
  });

  test("a half-started one adopts what is done, then asks instead of going on unasked", () => {
    const session = new Driven().start().until("upload-model");
    expect(remains(PLAN, session.entries).kind).toBe("half-started");
    session.crash().send({ type: "recover" });
    session.adopted("find-model", "connect", "inspect-host", "fit", "install-kit", "install-servers", "arm-watchdog");
    expect(session.effects).toEqual([]);
    expect(session.state).toMatchObject({ phase: "needs-help", error: { message: expect.stringContaining("“Send the model”") } });
    session.send({ type: "retry" });
    expect(session.effects).toEqual(["run upload-model", "run start-milvus", "run start-search", "run start-api"]);
  });

  test("a half-stopped one goes on stopping", () => {
    const session = stopping().undone("keep-course", "self-check");
    expect(remains(PLAN, session.entries).kind).toBe("half-stopped");
    session.crash().send({ type: "recover" });
    expect(session.effects).toEqual(["undo start-llm", "undo restore-course"]);
  });
});

describe("every command in every phase is accepted or plainly rejected", () => {
  const sessions: Record<SessionPhase, () => Driven> = {
    idle: () => new Driven(),
    starting: () => new Driven().start(),
    ready,
    "needs-help": needsHelp,
    stopping,
    stopped,
  };
  const table: Record<SessionPhase, Record<"start" | "stop" | "cancel" | "retry" | "forget", SessionPhase | ErrorCode>> = {
    idle: { start: "starting", stop: "session-missing", cancel: "session-missing", retry: "session-missing", forget: "session-missing" },
    starting: { start: "session-running", stop: "stopping", cancel: "stopping", retry: "input-invalid", forget: "input-invalid" },
    ready: { start: "session-running", stop: "stopping", cancel: "stopping", retry: "input-invalid", forget: "input-invalid" },
    "needs-help": { start: "session-running", stop: "stopping", cancel: "stopping", retry: "starting", forget: "stopped" },
    stopping: { start: "session-running", stop: "input-invalid", cancel: "input-invalid", retry: "input-invalid", forget: "input-invalid" },
    stopped: { start: "starting", stop: "session-missing", cancel: "session-missing", retry: "session-missing", forget: "session-missing" },
  };
  for (const [phase, commands] of Object.entries(table) as [SessionPhase, (typeof table)["idle"]][]) {
    test.each(Object.entries(commands))(`${phase}: %s → %s`, (command, expected) => {
      const session = sessions[phase]();
      expect(session.state.phase).toBe(phase);
      const input = { type: command, sessionId: "s2", request: REQUEST } as unknown as SessionInput;
      expect(answerOf(() => session.send(input).state.phase)).toBe(expected);
    });
  }

  test("an outcome of a step that does not run is rejected, in every phase", () => {
    const accepted: string[] = [];
    for (const make of Object.values(sessions)) {
      const { state } = make();
      for (const { id } of PLAN) {
        const step = state.steps.get(id)!;
        const late: SessionInput[] = [
          { type: "step-done", at: AT, step: id, outcome: null, skipped: false, adopted: false, facts: {} },
          { type: "step-failed", at: AT, step: id, error: FULL, facts: {} },
          { type: "step-cancelled", at: AT, step: id, facts: {} },
          { type: "step-gone", at: AT, step: id },
        ];
        if (!step.live) late.push({ type: "step-lost", at: AT, step: id, error: LOST });
        const unfit = step.status === "running" ? [] : late;
        if (step.undo !== "running") unfit.push({ type: "undo-done", at: AT, step: id, facts: {} });
        for (const input of unfit) if (!["internal", "session-missing"].includes(answerOf(() => decide(state, input)) as string)) accepted.push(`${state.phase} ${input.type} ${id}`);
      }
    }
    expect(accepted).toEqual([]);
  });
});

test("neither passphrase nor fingerprint reaches the journal or the snapshot", () => {
  const host = { kind: "ssh", address: "root@pod", identity: "/keys/id", passphrase: "open sesame", trustFingerprint: "SHA256:abc" } as const;
  const session = new Driven().send({ type: "start", sessionId: "s1", request: { ...REQUEST, host } } as SessionInput);
  const written = JSON.stringify([session.entries, toSnapshot(PLAN, session.state)]);
  expect(written).toContain("root@pod");
  expect(written).not.toContain("open sesame");
  expect(written).not.toContain("SHA256:abc");
});
