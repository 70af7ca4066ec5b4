import type { ErrorReport } from "../../../src/contract/errors.ts";
import type { StepId } from "../../../src/contract/plan.ts";
import type { Progress } from "../../../src/contract/progress.ts";
import type { HostChoice, SessionSnapshot, StepState } from "../../../src/contract/session.ts";
import { PLAN, planFor } from "../../../src/core/session/plan.ts";

const SECONDS: Record<StepId, [from: number, to: number]> = {
  "find-model": [0, 0.4],
  "rent-pod": [0.4, 0.4],
  connect: [0.4, 2.1],
  "inspect-host": [2.1, 3],
  fit: [3, 3.1],
  "install-kit": [3.1, 16.2],
  "check-endpoint": [16.2, 16.2],
  "arm-watchdog": [16.2, 17],
  "install-servers": [16.2, 25.4],
  "upload-model": [17, 238],
  "start-milvus": [25.4, 31.8],
  "check-milvus": [31.8, 33.1],
  "start-search": [25.4, 29.8],
  "start-api": [25.4, 27],
  "open-tunnels": [33.1, 33.4],
  "restore-course": [33.4, 48.6],
  "start-llm": [238, 250.1],
  "keep-course": [250.1, 250.2],
  "self-check": [250.1, 253.9],
};

const OUTCOMES: Partial<Record<StepId, string>> = {
  "find-model": "Mistral 7B Instruct v0.2, 5.1 GB",
  connect: "host key known since May",
  "inspect-host": "NVIDIA RTX A5000, 24 GB, driver 570",
  fit: "7.4 of 24 GB needed",
  "install-kit": "43 MB sent",
  "arm-watchdog": "stops by itself at 18:00",
  "install-servers": "98 MB sent",
  "upload-model": "5.1 GB proven",
  "restore-course": "24 documents, 412 passages",
};

const at = (seconds: number): string => new Date(Date.now() - AGE * 1000 + seconds * 1000).toISOString();
/** How long ago the staged sessions began. Seconds. */
const AGE = 96;

function steps(states: Partial<Record<StepId, Partial<StepState>>>, otherwise: "done" | "waiting", host: HostChoice["kind"] = "ssh"): StepState[] {
  return planFor(PLAN, { host: { kind: host } as HostChoice }).map(({ id, title, needs, weight }) => {
    const [from, to] = SECONDS[id];
    const past: Partial<StepState> = { status: "done", startedAt: at(from), endedAt: at(to), outcome: OUTCOMES[id] ?? null };
    const future: Partial<StepState> = { status: "waiting" };
    return {
      id, title, needs: [...needs], weight, status: "waiting", startedAt: null, endedAt: null, progress: null, outcome: null, error: null,
      ...(otherwise === "done" ? past : future),
      ...(states[id]?.status === "done" ? past : {}),
      ...states[id],
    };
  });
}

const done = { status: "done" } as const;
/** All that is made ready while the model is on its way. */
const BESIDE_MODEL = { "find-model": done, connect: done, "inspect-host": done, fit: done, "install-kit": done, "arm-watchdog": done, "install-servers": done, "start-milvus": done, "check-milvus": done, "start-search": done, "start-api": done, "open-tunnels": done };

const running = (from: number, progress: Progress): Partial<StepState> => ({ status: "running", startedAt: at(from), progress });

const BASE: SessionSnapshot = {
  id: "s1",
  phase: "starting",
  host: { kind: "ssh", label: "root@203.0.113.7:22022" },
  line: null,
  stick: "/media/anna/COURSE-STICK",
  model: { file: "mistral-7b-instruct-v0.2.Q5_K_M.gguf", name: "Mistral 7B Instruct v0.2", bytes: 5_131_409_696 },
  servedBy: { chat: null, embedding: null },
  milvus: null,
  steps: [],
  endpoints: [],
  error: null,
  startedAt: at(0),
  readyAt: null,
  stoppedAt: null,
  firstTokenSeconds: null,
  course: null,
  receipt: null,
  rent: null,
};

export const idle = (): SessionSnapshot => ({ ...BASE, id: null, phase: "idle", host: null, stick: null, model: null, startedAt: null });

export const starting = (): SessionSnapshot => ({
  ...BASE,
  steps: steps({ connect: running(0.4, { done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail: "Waiting for the host to answer on port 22022" }), "find-model": done }, "waiting"),
});

export const uploading = (): SessionSnapshot => ({
  ...BASE,
  steps: steps(
    {
      ...BESIDE_MODEL,
      "upload-model": running(17, { done: 1_693_000_000, total: 5_131_409_696, unit: "bytes", rate: 24_300_000, etaSeconds: 141, detail: "8 connections, every part proven on arrival" }),
      "restore-course": running(88, { done: 9, total: 24, unit: "files", rate: null, etaSeconds: null, detail: "09-scheduling.pdf" }),
    },
    "waiting",
  ),
});

/** The same, while the line to the host is gone. */
export const lineGone = (): SessionSnapshot => {
  const session = uploading();
  const standing = session.steps.map((step) => (step.progress === null ? step : { ...step, progress: { ...step.progress, rate: step.progress.rate === null ? null : 0, etaSeconds: null, detail: "Waiting for the line to the host" } }));
  return { ...session, line: { state: "gone", since: at(AGE - 40) }, steps: standing };
};

/** @param host what the session runs on */
export const needsHelp = (report: ErrorReport, step: StepId = "connect", host = BASE.host!): SessionSnapshot => {
  // Also what runs beside the step has ended when it fails.
  const place = PLAN.findIndex(({ id }) => id === step);
  const before = PLAN.filter(({ id }, index) => index < place || (index > place && SECONDS[id][1] <= SECONDS[step][1]));
  const failedAt = Math.max(SECONDS[step][0] + 3, ...before.map(({ id }) => SECONDS[id][1]));
  const states = Object.fromEntries(before.map(({ id }) => [id, done])) as Partial<Record<StepId, Partial<StepState>>>;
  return { ...BASE, host, phase: "needs-help", error: report, steps: steps({ ...states, [step]: { status: "failed", startedAt: at(SECONDS[step][0]), endedAt: at(failedAt), error: report } }, "waiting", host.kind) };
};

export const ready = (): SessionSnapshot => ({
  ...BASE,
  phase: "ready",
  steps: steps({}, "done"),
  readyAt: at(253.9),
  firstTokenSeconds: 0.42,
  course: { documents: 24, passages: 412 },
  milvus: { kind: "server", version: "v2.3.5" },
  endpoints: [
    { service: "api", url: "http://127.0.0.1:8000", moved: false },
    { service: "llm", url: "http://127.0.0.1:41837", moved: true },
  ],
});

export const stopping = (): SessionSnapshot => ({ ...ready(), phase: "stopping", endpoints: [] });

export const stopped = (): SessionSnapshot => ({
  ...ready(),
  phase: "stopped",
  endpoints: [],
  stoppedAt: at(3000),
  receipt: {
    sessionId: "s1",
    host: "root@203.0.113.7:22022",
    startedAt: at(0),
    stoppedAt: at(3000),
    minutes: 50,
    costUsd: 0,
    bytesSent: 5_178_000_000,
    kept: ["The model on the host (5.1 GB), proven.", "The course: 24 documents, 412 passages.", "The stick as it was."],
    rent: null,
  },
});
