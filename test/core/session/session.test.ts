import { describe, expect, test } from "vitest";
import { MentorError } from "../../../src/contract/errors.ts";
import type { SessionPhase, StartRequest } from "../../../src/contract/session.ts";
import type { JournalEntry } from "../../../src/core/session/entries.ts";
import { fold } from "../../../src/core/session/journal.ts";
import { PLAN as FULL_PLAN, planFor } from "../../../src/core/session/plan.ts";
import { toSnapshot } from "../../../src/core/session/state.ts";
import { settled } from "../../fakes/clock.ts";
import { collect, PracticeRun, untilAborted } from "./practice-run.ts";

/** Without an endpoint, as these sessions are. */
const PLAN = planFor(FULL_PLAN, null);
const IDS = PLAN.map(({ id }) => id);
const LOST = new MentorError("host-lost", "The connection broke.");

test("a start runs every step once and ends ready; a stop undoes all of it and gives a receipt", async () => {
  const run = new PracticeRun();
  run.script("upload-model", {
    run: async ({ facts }) => {
      facts.sent(5_131_409_696);
      facts.keep("The model stays in /workspace/models.");
      return { outcome: "5.1 GB proven" };
    },
  });
  const ready = await run.startAndSettle();
  expect(ready.phase).toBe("ready");
  expect(run.acts.toSorted()).toEqual(IDS.map((id) => `run ${id}`).toSorted());
  expect(ready.steps.find(({ id }) => id === "upload-model")).toMatchObject({ status: "done", outcome: "5.1 GB proven" });

  await run.clock.advance(90_000);
  await run.session.stop();
  const stopped = await run.calm();
  expect(stopped).toMatchObject({
    phase: "stopped",
    error: null,
    receipt: { sessionId: "s1", host: "this computer", minutes: 1.5, costUsd: 0, bytesSent: 5_131_409_696, kept: ["The model stays in /workspace/models."] },
  });
  expect(run.host.size).toBe(0);
  expect(run.clock.sleeping).toBe(0);
  expect((await run.session.history()).map(({ sessionId }) => sessionId)).toEqual(["s1"]);
});

test("a second start while one runs is refused and leaves it alone", async () => {
  const run = new PracticeRun();
  await run.startAndSettle();
  await expect(run.session.start({ stick: "/other", host: { kind: "local" } })).rejects.toMatchObject({ code: "session-running" });
  expect(run.session.snapshot()).toMatchObject({ phase: "ready", stick: "/media/stick" });
  expect([...run.journals.keys()]).toEqual(["s1"]);
});

describe("cancel at every step aborts it and leaves nothing behind", () => {
  test.each(IDS)("%s", async (id) => {
    const run = new PracticeRun();
    run.script(id, { run: untilAborted });
    expect((await run.startAndSettle()).phase).toBe("starting");
    await run.session.cancel();
    const end = await run.calm();
    expect(end).toMatchObject({ phase: "stopped", error: { code: "cancelled" } });
    expect(end.steps.find((step) => step.id === id)!.status).toBe("cancelled");
    expect(run.host.size).toBe(0);
    expect(run.clock.sleeping).toBe(0);
    const undos = run.acts.filter((act) => act.startsWith("undo")).map((act) => act.slice(5));
    expect(new Set(undos)).toEqual(new Set(run.acts.filter((act) => act.startsWith("run")).map((act) => act.slice(4))));
    const early = PLAN.flatMap(({ id: step, needs }) => needs.filter((need) => undos.includes(step) && undos.indexOf(need) < undos.indexOf(step)));
    expect(early).toEqual([]);
  });
});

describe("after a crash at every line of the journal", () => {
  /** How many lines a whole life has, from the start to the receipt. */
  const LINES = 1 + 2 * IDS.length + 1 + 1 + 2 * IDS.length + 1;

  /** What the next process makes of these lines before anybody presses a button. */
  function expectedPhase(entries: JournalEntry[]): SessionPhase {
    const { phase, direction, steps } = fold(PLAN, entries);
    if (phase === "stopped") return "idle";
    if (direction === "stop") return "stopped";
    return [...steps.values()].every(({ status }) => status === "done") ? "ready" : "needs-help";
  }

  async function whole(): Promise<PracticeRun> {
    const run = new PracticeRun();
    await run.startAndSettle();
    await run.session.stop();
    await run.calm();
    return run;
  }

  test("a whole life has the lines that this test counts on", async () => {
    expect((await whole()).journal.lines).toHaveLength(LINES);
  });

  test.each(Array.from({ length: LINES }, (_, index) => index + 1))("line %i", async (lines) => {
    const told = await whole();
    const entries = (await told.journal.read()).slice(0, lines);
    const run = new PracticeRun();
    // The host as it was when that line had been written, with the announced work half done.
    for (const entry of entries) {
      if (entry.type === "step-begun") run.host.add(entry.step);
      if (entry.type === "undo-done") run.host.delete(entry.step);
    }
    run.journals.set("s1", told.journal);
    await run.crash(lines);
    const found = await run.calm();
    const done = entries.flatMap((entry) => (entry.type === "step-done" ? [entry.step] : []));
    expect(found.phase).toBe(expectedPhase(entries));
    expect(run.acts.filter((act) => act.startsWith("run"))).toEqual([]);
    if (found.phase === "needs-help") {
      await run.session.retry();
      await run.calm();
    }
    const missing = found.phase === "needs-help" ? IDS.filter((id) => !done.includes(id)) : [];
    expect(run.acts.filter((act) => act.startsWith("run")).toSorted()).toEqual(missing.map((id) => `run ${id}`).toSorted());
    if (run.session.busy()) {
      await run.session.stop();
      await run.calm();
    }
    expect(run.session.busy()).toBe(false);
    expect(run.host.size).toBe(0);
    expect(run.clock.sleeping).toBe(0);
  });
});

test("the journal alone tells the snapshot, at every moment", async () => {
  const run = new PracticeRun();
  run.script("start-llm", { run: async ({ facts }) => void facts.set("model", { file: "m.gguf", name: "M", bytes: 7, path: "/media/stick/m.gguf" }) });
  const check = async () => {
    const { steps: told, ...toldRest } = toSnapshot(PLAN, fold(PLAN, await run.journal.read()));
    const { steps, ...rest } = run.session.snapshot();
    expect(rest).toEqual(toldRest);
    expect(steps.map((step) => ({ ...step, progress: null, weight: 0 }))).toEqual(told.map((step) => ({ ...step, progress: null, weight: 0 })));
  };
  await run.startAndSettle();
  await check();
  await run.session.stop();
  await run.calm();
  await check();
  expect(run.session.snapshot().model).toEqual({ file: "m.gguf", name: "M", bytes: 7 });
});

test("passphrase and fingerprint reach the steps, and neither journal, log nor window", async () => {
  const run = new PracticeRun();
  const got: unknown[] = [];
  run.script("connect", {
    run: async ({ once, request }) => {
      got.push({ ...once }, request.host);
      if (once.passphrase !== "open sesame") throw new MentorError("key-passphrase-wrong", "The passphrase does not open the key.");
    },
  });
  const host: StartRequest["host"] = { kind: "ssh", address: "root@pod", identity: "/k", passphrase: "first guess", trustFingerprint: "SHA256:abc" };
  const events = collect(run.session.watch(undefined, new AbortController().signal));
  expect((await run.startAndSettle({ stick: "/s", host })).error?.code).toBe("key-passphrase-wrong");
  await run.session.retry({ passphrase: "open sesame" });
  expect((await run.calm()).phase).toBe("ready");
  expect(got).toEqual([
    { passphrase: "first guess", trustFingerprint: "SHA256:abc" },
    { kind: "ssh", address: "root@pod", identity: "/k" },
    { passphrase: "open sesame" },
    { kind: "ssh", address: "root@pod", identity: "/k" },
  ]);
  const written = JSON.stringify([run.journal.lines, run.logged, events, run.history.lines]);
  for (const secret of ["first guess", "open sesame", "SHA256:abc"]) expect(written).not.toContain(secret);
});

test("a passphrase serves one attempt: once the session is ready, nothing remembers it", async () => {
  const run = new PracticeRun();
  let lose: (error: unknown) => void = () => {};
  const answers: unknown[] = [];
  run.script("connect", {
    opensHandles: true,
    run: async ({ lost, once }) => void (lose = lost, answers.push({ ...once })),
    adopt: async ({ once }) => answers.push({ ...once }) > 0,
  });
  await run.startAndSettle({ stick: "/s", host: { kind: "ssh", address: "root@pod", identity: "/k", passphrase: "open sesame" } });
  lose(LOST);
  await run.calm();
  await run.session.stop();
  expect((await run.calm()).phase).toBe("stopped");
  expect(answers).toEqual([{ passphrase: "open sesame" }, {}]);
});

describe("signs of life", () => {
  test("a silent step says what it waits for, then fails naming it", async () => {
    const run = new PracticeRun();
    run.script("start-llm", {
      run: async (context) => {
        context.progress({ done: 3, total: 33, unit: "steps", rate: 1, etaSeconds: 30, detail: "Loading layer 3 of 33" });
        return untilAborted(context);
      },
    });
    await run.startAndSettle();
    const step = () => run.session.snapshot().steps.find(({ id }) => id === "start-llm")!;
    expect(step().progress?.detail).toBe("Loading layer 3 of 33");
    await run.clock.advance(11_000);
    expect(step().progress).toMatchObject({ done: 3, total: 33, detail: "Loading layer 3 of 33 – no news for 10 s" });
    await run.clock.advance(300_000);
    const failed = await run.calm();
    expect(failed).toMatchObject({ phase: "needs-help", error: { code: "step-timeout", details: { step: "start-llm" } } });
    expect(failed.error!.message).toContain("“Load the model” showed no sign of life for 300 seconds. Last: Loading layer 3 of 33");
    expect(run.clock.sleeping).toBe(0);
  });

  test("a log line is a sign of life, and the last one is named", async () => {
    const run = new PracticeRun();
    run.script("start-milvus", {
      run: async ({ log, signal }) => {
        for (let line = 1; line <= 4; line++) {
          log("info", `opening segment ${line}`);
          await run.clock.sleep(100_000, signal);
        }
        await untilAborted({ signal });
      },
    });
    await run.startAndSettle();
    await run.clock.advance(390_000);
    expect(run.session.snapshot().phase).toBe("starting");
    await run.clock.advance(60_000);
    expect((await run.calm()).error?.message).toContain("Last: opening segment 4");
  });

  test("a step that is busy for ever meets its deadline", async () => {
    const run = new PracticeRun();
    run.script("connect", {
      run: async ({ log, signal }) => {
        for (;;) {
          log("info", "knocking");
          await run.clock.sleep(1_000, signal);
        }
      },
    });
    await run.startAndSettle();
    await run.clock.advance(599_000);
    expect(run.session.snapshot().phase).toBe("starting");
    await run.clock.advance(10_000);
    expect((await run.calm()).error).toMatchObject({ code: "step-timeout", message: expect.stringContaining("longer than 600 seconds") });
  });

  test("a computer that slept does not count its sleep as the step's silence", async () => {
    const run = new PracticeRun();
    run.script("upload-model", { run: untilAborted });
    await run.startAndSettle();
    await run.clock.jump(3_600_000);
    expect((await run.calm()).phase).toBe("starting");
    await run.session.cancel();
    expect((await run.calm()).phase).toBe("stopped");
  });

  test("a slow undo says that it is one", async () => {
    const run = new PracticeRun();
    run.script("start-llm", { undo: async ({ signal }) => run.clock.sleep(20_000, signal) });
    await run.startAndSettle();
    await run.session.stop();
    await run.clock.advance(10_500);
    expect(run.session.snapshot().steps.find(({ id }) => id === "start-llm")!.progress?.detail).toBe("Undoing “Load the model” – no news for 10 s");
    await run.clock.advance(10_000);
    expect((await run.calm()).phase).toBe("stopped");
  });

  test("work that ignores its abort is left behind", async () => {
    const run = new PracticeRun();
    run.script("upload-model", { run: () => new Promise(() => {}) });
    await run.startAndSettle();
    await run.session.cancel();
    expect((await run.calm()).phase).toBe("stopping");
    await run.clock.advance(20_000);
    expect((await run.calm()).phase).toBe("stopped");
    expect(run.host.size).toBe(0);
    expect(run.clock.sleeping).toBe(0);
  });

  test("progress is passed on at most five times a second, and the last one always", async () => {
    const run = new PracticeRun();
    run.script("upload-model", {
      run: async ({ progress, signal }) => {
        for (let done = 1; done <= 500; done++) {
          progress({ done, total: 500, unit: "chunks", rate: null, etaSeconds: null, detail: "Sending" });
          await run.clock.sleep(4, signal);
        }
        await untilAborted({ signal });
      },
    });
    const events = collect(run.session.watch(undefined, new AbortController().signal));
    await run.startAndSettle();
    events.length = 0;
    await run.clock.advance(2_400);
    const shown = events.flatMap((event) => (event.type === "step" && event.step.id === "upload-model" ? [event.step.progress?.done ?? 0] : []));
    expect(shown.length).toBeGreaterThan(5);
    expect(shown.length).toBeLessThanOrEqual(12);
    expect(shown.at(-1)).toBe(500);
    await run.session.cancel();
    await run.calm();
  });
});

describe("a line that is gone and being made anew", () => {
  const uploading = { done: 3e9, total: 5e9, unit: "bytes", rate: 24e6, etaSeconds: 83, etaRange: { least: 70, most: 110 }, detail: "Sending" } as const;

  /** A session that uploads over a line of which the test decides. */
  async function overLine() {
    const run = new PracticeRun();
    let tell: (goneSince: number | null) => void = () => {};
    let lose: (error: unknown) => void = () => {};
    run.script("connect", { run: async ({ line, lost }) => void ((tell = line), (lose = lost), line(null)) });
    run.script("upload-model", { run: async (context) => (context.progress(uploading), untilAborted(context)) });
    await run.startAndSettle();
    const step = () => run.session.snapshot().steps.find(({ id }) => id === "upload-model")!;
    return { run, step, gone: () => tell(run.clock.now()), back: () => tell(null), lose: () => lose(LOST) };
  }

  test("is told at once, by every step that waits for it, without a rate that is not true any more", async () => {
    const { run, step, gone, back } = await overLine();
    expect(run.session.snapshot().line).toBeNull();
    expect(step().progress).toEqual(uploading);
    const since = new Date(run.clock.now()).toISOString();
    gone();
    await run.clock.advance(300);
    expect(run.session.snapshot().line).toEqual({ state: "gone", since });
    expect(step().progress).toEqual({ done: 3e9, total: 5e9, unit: "bytes", rate: 0, etaSeconds: null, detail: "Waiting for the line to the host" });
    expect(run.logged).toContain("connect warn There is no connection to the host any more; it is being made anew.");
    await run.clock.advance(40_000);
    back();
    await run.clock.advance(300);
    expect(run.session.snapshot().line?.state).toBe("back");
    expect(step().progress).toMatchObject({ detail: "Sending", rate: 0, etaSeconds: null });
    expect(run.logged).toContain("connect info The connection to the host is back after 40 s.");
  });

  test("does not count as the step's own silence", async () => {
    const { run, gone, back } = await overLine();
    gone();
    await run.clock.advance(290_000); // upload-model may be silent for 180 s
    expect(run.session.snapshot().phase).toBe("starting");
    back();
    await run.clock.advance(170_000);
    expect(run.session.snapshot().phase).toBe("starting");
    await run.clock.advance(20_000);
    expect((await run.calm()).error?.code).toBe("step-timeout");
  });

  test("is forgotten once it is lost for good, and by the next session", async () => {
    const { run, gone, lose } = await overLine();
    gone();
    lose();
    expect(await run.calm()).toMatchObject({ phase: "needs-help", error: { code: "host-lost" }, line: null });
    await run.session.retry();
    expect((await run.calm()).line).toBeNull();
    gone();
    await run.session.cancel();
    expect(await run.calm()).toMatchObject({ phase: "stopped", line: null });
    expect((await run.startAndSettle()).line).toBeNull();
    await run.session.cancel();
    await run.calm();
  });
});

describe("a lost connection", () => {
  test("while ready asks for help; retry connects again and runs nothing twice", async () => {
    const run = new PracticeRun();
    let lose: (error: unknown) => void = () => {};
    const remember = async ({ lost }: { lost(error: unknown): void }) => void (lose = lost);
    run.script("connect", { run: remember, adopt: async (context) => (await remember(context), true) });
    await run.startAndSettle();
    lose(LOST);
    expect(await run.calm()).toMatchObject({ phase: "needs-help", error: { code: "host-lost" } });
    run.acts.length = 0;
    await run.session.retry();
    expect((await run.calm()).phase).toBe("ready");
    expect(run.acts.filter((act) => !act.startsWith("adopt"))).toEqual([]);
    expect(run.acts).toContain("adopt connect");
    expect(run.acts).not.toContain("adopt find-model");
  });

  test("while its own step still runs fails that step", async () => {
    const run = new PracticeRun();
    run.script("connect", { run: async (context) => (context.lost(LOST), untilAborted(context)) });
    expect(await run.startAndSettle()).toMatchObject({ phase: "needs-help", error: { code: "host-lost" } });
  });

  test("of an older connection no longer matters", async () => {
    const run = new PracticeRun();
    const losers: ((error: unknown) => void)[] = [];
    const remember = async ({ lost }: { lost(error: unknown): void }) => (losers.push(lost), true);
    run.script("connect", { run: async (context) => void (await remember(context)), adopt: remember });
    await run.startAndSettle();
    losers[0]!(LOST);
    await run.calm();
    await run.session.retry();
    expect((await run.calm()).phase).toBe("ready");
    losers[0]!(LOST);
    expect((await run.calm()).phase).toBe("ready");
    losers[1]!(LOST);
    expect((await run.calm()).phase).toBe("needs-help");
  });
});

describe("stop", () => {
  test("with the host gone is incomplete; stop again once it is back, and the rest is undone", async () => {
    const run = new PracticeRun();
    let gone = true;
    run.script("arm-watchdog", { undo: async () => { if (gone) throw LOST; } });
    await run.startAndSettle();
    await run.session.stop();
    expect(await run.calm()).toMatchObject({ phase: "needs-help", error: { code: "stop-incomplete", causes: ["The connection broke."] } });
    await expect(run.session.start({ stick: "/s", host: { kind: "local" } })).rejects.toMatchObject({ code: "session-running" });
    gone = false;
    run.acts.length = 0;
    await run.session.stop();
    expect((await run.calm()).phase).toBe("stopped");
    expect(run.acts).toEqual(["arm-watchdog", "install-kit", "fit", "inspect-host", "connect", "find-model"].map((id) => `undo ${id}`));
  });

  test("with the host gone for good can be forgotten; the handles are closed", async () => {
    const run = new PracticeRun();
    let closed = 0;
    run.script("connect", { run: async ({ facts }) => facts.hold("key", "k".repeat(32), () => void (closed += 1)) });
    run.script("self-check", { undo: async () => { throw LOST; } });
    await run.startAndSettle();
    await run.session.stop();
    await run.calm();
    expect(closed).toBe(0);
    expect((await run.session.forget()).phase).toBe("stopped");
    expect(closed).toBe(1);
    expect(run.session.busy()).toBe(false);
  });

  test("after a crash opens the connection again before it undoes anything, and can ask for the passphrase", async () => {
    const run = new PracticeRun();
    run.script("connect", {
      opensHandles: true,
      run: async ({ facts }) => facts.hold("key", "k".repeat(32)),
      adopt: async ({ facts, once }) => {
        if (once.passphrase !== "open sesame") throw new MentorError("key-encrypted", "The key is protected.");
        await facts.hold("key", "k".repeat(32));
        return true;
      },
    });
    run.script("self-check", { undo: async ({ facts }) => void facts.requireHandle("key") });
    await run.startAndSettle();
    await run.crash();
    expect(await run.calm()).toMatchObject({ phase: "needs-help", error: { code: "key-encrypted" } });
    await run.session.stop();
    expect(await run.calm()).toMatchObject({ phase: "needs-help", error: { code: "key-encrypted" } });
    await run.session.retry({ passphrase: "open sesame" });
    expect((await run.calm()).phase).toBe("stopped");
    expect(run.host.size).toBe(0);
  });
});

describe("a journal that cannot be written", () => {
  test("refuses the start as a whole", async () => {
    const run = new PracticeRun();
    await run.startAndSettle();
    await run.session.stop();
    await run.calm();
    const acts = run.acts.length;
    const broken = new PracticeRun();
    broken.journals.set("s1", Object.assign(run.journal, { broken: new MentorError("disk-full", "No space is left.") }));
    await expect(broken.session.start({ stick: "/s", host: { kind: "local" } })).rejects.toMatchObject({ code: "disk-full" });
    expect(broken.session.snapshot().phase).toBe("idle");
    expect(run.acts).toHaveLength(acts);
  });

  test("begins no step that it does not announce", async () => {
    const run = new PracticeRun();
    run.script("fit", { run: async () => void (run.journal.broken = new MentorError("disk-full", "No space is left.")) });
    expect(await run.startAndSettle()).toMatchObject({ phase: "needs-help", error: { code: "disk-full" } });
    expect(run.acts.at(-1)).toBe("run fit");
    run.journal.broken = null;
    await run.session.retry();
    expect((await run.calm()).phase).toBe("ready");
    expect(run.acts.filter((act) => act === "run fit")).toHaveLength(1);
  });
});

test("closing the app ends what runs, closes the handles and leaves the session to be adopted", async () => {
  const run = new PracticeRun();
  let closed = 0;
  run.script("connect", { run: async ({ facts }) => facts.hold("key", "k".repeat(32), () => void (closed += 1)) });
  run.script("upload-model", { run: untilAborted });
  await run.startAndSettle();
  await run.session.close();
  expect(closed).toBe(1);
  expect(run.acts.filter((act) => act.startsWith("undo"))).toEqual([]);
  await expect(run.session.stop()).rejects.toMatchObject({ code: "core-unreachable" });
  expect(run.clock.sleeping).toBe(0);
  run.scripts.clear();
  await run.crash();
  expect((await run.calm()).phase).toBe("needs-help");
  await run.session.retry();
  expect((await run.calm()).phase).toBe("ready");
});

test("a checkpoint is in the journal before the step goes on", async () => {
  const run = new PracticeRun();
  run.script("install-kit", {
    run: async (context) => {
      context.facts.set("collection", "course_a");
      await context.checkpoint();
      expect(run.journal.lines.at(-1)).toContain("course_a");
      return untilAborted(context);
    },
  });
  await run.startAndSettle();
  await run.crash();
  expect(run.session.facts()?.get("collection")).toBe("course_a");
});

describe("watch", () => {
  test("gives one snapshot, then only what changed", async () => {
    const run = new PracticeRun();
    const stop = new AbortController();
    const events = collect(run.session.watch(undefined, stop.signal));
    await settled();
    expect(events).toMatchObject([{ type: "snapshot", session: { phase: "idle" } }]);
    await run.startAndSettle();
    expect(events.slice(1).filter(({ type }) => type === "snapshot")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "session", changes: { phase: "ready" } });
    const numbers = events.map(({ seq }) => seq);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers).size).toBe(numbers.length);
    stop.abort();
    const count = events.length;
    await run.session.stop();
    await run.calm();
    expect(events).toHaveLength(count);
  });

  test("catches up from the last number that a watcher saw, and gives a fresh snapshot for an unknown one", async () => {
    const run = new PracticeRun();
    const first = collect(run.session.watch(undefined, new AbortController().signal));
    await run.startAndSettle();
    const { seq } = first.at(-1)!;
    await run.session.stop();
    await run.calm();
    const back = collect(run.session.watch(seq, new AbortController().signal));
    await settled();
    expect(back[0]!.type).not.toBe("snapshot");
    expect(back.at(-1)).toMatchObject({ type: "session", changes: { phase: "stopped" } });
    for (const unknown of [0, seq + 1e6]) {
      const fresh = collect(run.session.watch(unknown, new AbortController().signal));
      await settled();
      expect(fresh).toMatchObject([{ type: "snapshot", session: { phase: "stopped" } }]);
    }
  });
});
