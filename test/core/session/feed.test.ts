import { expect, test } from "vitest";
import { SessionFeed } from "../../../src/core/session/feed.ts";
import { PLAN } from "../../../src/core/session/plan.ts";
import { idle, toSnapshot } from "../../../src/core/session/state.ts";
import type { SessionEvent, StepState } from "../../../src/contract/session.ts";

const snapshot = toSnapshot(PLAN, idle(PLAN));
const step = (index: number, outcome: string): StepState => ({ ...snapshot.steps[index]!, outcome });

test("a slow watcher gets the newest of each step and the sum of the other changes", async () => {
  const feed = new SessionFeed(() => snapshot, 1000);
  const events = feed.watch(undefined, new AbortController().signal);
  expect((await events.next()).value).toMatchObject({ type: "snapshot", seq: 1000 });
  feed.publish({ type: "session", changes: { phase: "starting" } });
  for (let percent = 1; percent <= 100; percent++) {
    feed.publish({ type: "step", step: step(0, `${percent} %`) });
    feed.publish({ type: "step", step: step(1, `${percent} %`) });
  }
  feed.publish({ type: "session", changes: { stick: "/s" } });
  const next = async () => (await events.next()).value as SessionEvent;
  expect(await next()).toMatchObject({ type: "step", seq: 1200, step: { id: "find-model", outcome: "100 %" } });
  expect(await next()).toMatchObject({ type: "step", seq: 1201, step: { id: "rent-pod", outcome: "100 %" } });
  expect(await next()).toEqual({ type: "session", seq: 1202, changes: { phase: "starting", stick: "/s" } });
});

test("a watcher that is too far behind gets a fresh snapshot", async () => {
  const feed = new SessionFeed(() => snapshot, 0);
  const events = feed.watch(undefined, new AbortController().signal);
  await events.next();
  for (let turn = 0; turn < 5_000; turn++) feed.publish({ type: "step", step: step(turn % 13, "x") });
  expect((await events.next()).value).toMatchObject({ type: "snapshot", seq: 5_000 });
});

test("what came before a new session's snapshot is spared", async () => {
  const feed = new SessionFeed(() => snapshot, 0);
  const events = feed.watch(0, new AbortController().signal);
  feed.publish({ type: "step", step: step(0, "old") });
  feed.publish({ type: "snapshot", session: { ...snapshot, id: "s2" } });
  feed.publish({ type: "step", step: step(1, "new") });
  expect((await events.next()).value).toMatchObject({ type: "snapshot", session: { id: "s2" } });
  expect((await events.next()).value).toMatchObject({ type: "step", step: { outcome: "new" } });
});
