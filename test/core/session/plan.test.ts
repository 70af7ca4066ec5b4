import { describe, expect, test } from "vitest";
import type { StepId } from "../../../src/contract/plan.ts";
import type { StartRequest } from "../../../src/contract/session.ts";
import { fold } from "../../../src/core/session/journal.ts";
import { PLAN, planFor } from "../../../src/core/session/plan.ts";
import { PracticeRun } from "./practice-run.ts";

const OWN: StartRequest = { stick: "/media/stick", host: { kind: "local" } };
const ENDPOINT = { url: "https://llm.example/v1" };
const SESSIONS = {
  own: OWN,
  "chat elsewhere": { ...OWN, chatEndpoint: ENDPOINT },
  "embeddings elsewhere": { ...OWN, embeddingEndpoint: ENDPOINT },
  "store elsewhere": { ...OWN, milvusUrl: "https://milvus.example:443" },
  "both elsewhere": { ...OWN, chatEndpoint: ENDPOINT, embeddingEndpoint: ENDPOINT },
  rented: { ...OWN, host: { kind: "runpod" } },
} satisfies Record<string, StartRequest>;

test("such a session runs, is found again after a crash and is undone without the steps that it has not", async () => {
  const run = new PracticeRun();
  const request = SESSIONS["both elsewhere"];
  const plan = planFor(PLAN, request);
  const acts = (kind: string) => run.acts.filter((act) => act.startsWith(kind)).map((act) => act.slice(kind.length + 1));
  expect((await run.startAndSettle(request)).phase).toBe("ready");
  expect(acts("run").toSorted()).toEqual(plan.map(({ id }) => id).toSorted());
  expect(run.session.snapshot()).toMatchObject({ servedBy: { chat: ENDPOINT, embedding: ENDPOINT } });

  await run.crash();
  expect((await run.calm()).phase).toBe("ready");
  expect(acts("adopt").toSorted()).toEqual(plan.map(({ id }) => id).toSorted());
  await run.session.stop();
  expect((await run.calm()).phase).toBe("stopped");
  expect(acts("undo").toSorted()).toEqual(plan.map(({ id }) => id).toSorted());
  expect(acts("undo").indexOf("start-api")).toBeLessThan(acts("undo").indexOf("arm-watchdog"));
  expect([...fold(plan, await run.journal.read()).steps.values()].some(({ owned }) => owned)).toBe(false);

  // The next one is an ordinary one again.
  expect((await run.startAndSettle()).steps.map(({ id }) => id)).toEqual(planFor(PLAN, null).map(({ id }) => id));
});


const needsOf = (request: StartRequest, step: StepId) => planFor(PLAN, request).find(({ id }) => id === step)?.needs;

describe.each(Object.entries(SESSIONS))("%s", (_, request) => {
  test("every need is a step that comes before", () => {
    const before = new Set<StepId>();
    for (const { id, needs } of planFor(PLAN, request)) {
      for (const need of needs) expect(before).toContain(need);
      before.add(id);
    }
  });
});

test("a session checks endpoints, and sends and loads models, only where it has them", () => {
  const left = (request: StartRequest) => PLAN.map(({ id }) => id).filter((id) => !planFor(PLAN, request).some((step) => step.id === id));
  expect(left(SESSIONS.own)).toEqual(["rent-pod", "check-endpoint"]);
  expect(left(SESSIONS["chat elsewhere"])).toEqual(["rent-pod", "upload-model", "start-llm"]);
  expect(left(SESSIONS["embeddings elsewhere"])).toEqual(["rent-pod", "start-search"]);
  expect(left(SESSIONS["store elsewhere"])).toEqual(["rent-pod", "check-endpoint", "start-milvus"]);
  expect(left(SESSIONS["both elsewhere"])).toEqual(["rent-pod", "upload-model", "start-search", "start-llm"]);
  expect(left(SESSIONS.rented)).toEqual(["check-endpoint"]);
  expect(planFor(PLAN, null)).toEqual(planFor(PLAN, OWN));
});

test("what needed a step that is left out needs what that one needed", () => {
  expect(needsOf(SESSIONS.own, "connect")).toEqual(["find-model"]);
  expect(needsOf(SESSIONS.rented, "connect")).toEqual(["rent-pod"]);
  expect(needsOf(SESSIONS.own, "arm-watchdog")).toEqual(["install-kit"]);
  expect(needsOf(SESSIONS["chat elsewhere"], "arm-watchdog")).toEqual(["check-endpoint"]);
  expect(needsOf(SESSIONS["both elsewhere"], "open-tunnels")).toEqual(["arm-watchdog", "install-servers", "start-api", "check-milvus"]);
  expect(needsOf(SESSIONS["embeddings elsewhere"], "start-llm")).toEqual(["upload-model", "arm-watchdog", "install-servers"]);
});
