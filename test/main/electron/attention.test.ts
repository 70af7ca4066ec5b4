import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { SessionEvent, SessionSnapshot, StepState } from "../../../src/contract/session.ts";
import { Settings } from "../../../src/contract/settings.ts";
import { drawAttention } from "../../../src/main/electron/attention.ts";
import { readWindowState } from "../../../src/main/electron/window-state.ts";

const step = (id: StepState["id"], weight: number, done: number): StepState => ({
  id, title: id, needs: [], weight, status: "running", startedAt: null, endedAt: null, outcome: null, error: null,
  progress: { done, total: 100, unit: "bytes", rate: null, etaSeconds: null, detail: "" },
});

const session = (more: Partial<SessionSnapshot>) => ({ phase: "starting", steps: [step("upload-model", 50, 0), step("start-milvus", 50, 0)], error: null, ...more }) as SessionSnapshot;

async function play(events: SessionEvent[], settings: Partial<Settings> = {}, focused = false) {
  const bar: number[] = [];
  const notes: string[] = [];
  async function* watch(): AsyncGenerator<SessionEvent> {
    yield* events;
  }
  const tools = {
    setProgressBar: (share: number) => void bar.push(share),
    isFocused: () => focused,
    notify: vi.fn<(title: string, body: string) => void>((title) => void notes.push(title)),
    settings: async () => Settings.parse(settings),
    locale: "en-GB",
  };
  await drawAttention({ watch }, tools, new AbortController().signal);
  return { bar, notes };
}

const change = (seq: number, changes: Partial<SessionSnapshot>): SessionEvent => ({ type: "session", seq, changes });

test("the taskbar follows the start, and is empty again when it is over", async () => {
  const { bar } = await play([
    { type: "snapshot", seq: 1, session: session({}) },
    { type: "step", seq: 2, step: step("upload-model", 50, 50) },
    { type: "step", seq: 3, step: step("upload-model", 50, 50.1) },
    change(4, { phase: "ready" }),
    change(5, { phase: "stopping" }),
    change(6, { phase: "stopped" }),
  ]);
  expect(bar).toEqual([0, 0.25, -1, 2, -1]);
});

test("whoever looks elsewhere is told when they are wanted, in their language", async () => {
  const events: SessionEvent[] = [{ type: "snapshot", seq: 1, session: session({}) }, change(2, { phase: "needs-help" }), change(3, { phase: "starting" }), change(4, { phase: "ready" }), change(5, { phase: "stopped" })];
  expect((await play(events)).notes).toEqual(["The session needs your help", "The mentor is ready", "The session has ended"]);
  expect((await play(events, { language: "de" })).notes[1]).toBe("Der Mentor ist bereit");
});

test("nobody is told what they see, have asked for themselves, have switched off, or what was so before", async () => {
  const ready: SessionEvent[] = [{ type: "snapshot", seq: 1, session: session({}) }, change(2, { phase: "ready" })];
  expect((await play(ready, {}, true)).notes).toEqual([]);
  expect((await play(ready, { notify: false })).notes).toEqual([]);
  expect((await play([{ type: "snapshot", seq: 1, session: session({ phase: "ready" }) }])).notes).toEqual([]);
  expect((await play([{ type: "snapshot", seq: 1, session: session({}) }, change(2, { phase: "stopped", error: { code: "cancelled", message: "" } })])).notes).toEqual([]);
});

test("a window on a screen that is gone opens on one that is there, in its size", async () => {
  const folder = await mkdtemp(join(tmpdir(), "window-state-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, "window.json");
  const screens = [{ x: 0, y: 0, width: 1920, height: 1080 }];
  expect(readWindowState(file, screens)).toEqual({ width: 1280, height: 800, maximised: false });
  await writeFile(file, JSON.stringify({ x: 2500, y: 10, width: 1100, height: 700, maximised: true }));
  expect(readWindowState(file, screens)).toEqual({ width: 1100, height: 700, maximised: true });
  await writeFile(file, "{ half");
  expect(readWindowState(file, screens).width).toBe(1280);
});
