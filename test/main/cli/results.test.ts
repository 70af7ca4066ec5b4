import { expect, test } from "vitest";
import type { ChatEvent } from "../../../src/contract/chat.ts";
import type { Stick } from "../../../src/contract/stick.ts";
import { AT, FakeCore } from "../../fakes/core.ts";
import { run, type JsonLine } from "./run.ts";

const ANSWER: ChatEvent[] = [
  { type: "workflow", node: "retrieve", message: "Searching your material" },
  { type: "token", content: "The last " },
  { type: "token", content: "one." },
  {
    type: "complete",
    answer: "The last one.",
    sources: [{ text: "A stack returns the last element.", score: 0.8349, metadata: { file: "stacks.md", section: "Pop", page: null, passage: 2 } }],
    question: "Which element comes first?",
    interaction_id: "i1",
    nothing_found: false,
    first_token_seconds: 0.25,
  },
];

const STICK: Stick = {
  path: "/media/ann/COURSE",
  label: "COURSE",
  kind: "removable",
  sizeBytes: 32_000_000_000,
  freeBytes: 1_000_000,
  readOnly: false,
  models: [{ file: "m.gguf", bytes: 98_000_000, parts: ["m.gguf"], header: null, problem: null }],
  course: { folder: "course", files: 3 },
  problem: null,
};

/** The shape counts, not which steps the plan has today. */
const withOneStep = (line: JsonLine): unknown => JSON.parse(JSON.stringify(line), (key, value: unknown) => (key === "steps" && Array.isArray(value) ? value.slice(0, 1) : value));

test("start --json ends with the session, its steps and the first token's time", async () => {
  const { exit, last, lines } = await run(new FakeCore(), ["start", "--stick", "stick", "--host", "local", "--json"]);
  expect(exit).toBe(0);
  expect(lines.slice(0, -1).every(({ type }) => ["snapshot", "step", "session"].includes(type as string))).toBe(true);
  expect(withOneStep(last)).toMatchSnapshot();
});

test("status --json", async () => expect((await run(new FakeCore(), ["status", "--json"])).last).toMatchSnapshot());

test("stop --json ends with the stopped session", async () => {
  const core = new FakeCore();
  await run(core, ["start", "--stick", "stick", "--json"]);
  const { exit, last } = await run(core, ["stop", "--json"]);
  expect([exit, last.stopped, last.session?.phase]).toEqual([0, true, "stopped"]);
  expect(Object.keys(last)).toMatchSnapshot();
});

test("logs --json prints one line of log a line, and then their number", async () => {
  const core = new FakeCore();
  core.logs = [[{ seq: 1, at: AT, source: "llm", level: "info", text: "loaded" }], [{ seq: 2, at: AT, source: "api", level: "warn", text: "slow" }]];
  expect((await run(core, ["logs", "--json"])).lines).toMatchSnapshot();
  expect((await run(core, ["logs", "api", "--json"])).last).toEqual({ lines: 1 });
});

test("logs --follow ends well at Ctrl-C", async () => {
  const core = new FakeCore();
  core.logs = [[{ seq: 1, at: AT, source: "llm", level: "info", text: "loaded" }]];
  const { exit, last } = await run(core, ["logs", "--follow", "--json"], { interrupt: AbortSignal.timeout(50) });
  expect([exit, last]).toEqual([0, { lines: 1 }]);
});

test("ask --json ends with the answer and its sources", async () => {
  const core = new FakeCore();
  core.answer = ANSWER;
  const { exit, last } = await run(core, ["ask", "Which element comes first?", "--json"]);
  expect(exit).toBe(0);
  expect(last).toMatchSnapshot();
});

test("ask shows a person the answer once, with its sources", async () => {
  const core = new FakeCore();
  core.answer = ANSWER;
  expect((await run(core, ["ask", "Which element comes first?"])).stdout).toMatchSnapshot();
});

test("ingest --json ends with the counts, and names the folder from where the person stands", async () => {
  const core = new FakeCore();
  core.ingest = [
    { type: "file", file: "a.md", index: 0, files: 2 },
    { type: "file-done", file: "a.md", passages: 4, unchanged: false },
    { type: "file-failed", file: "b.pdf", message: "It is damaged." },
    { type: "complete", documents: 1, passages: 4, unchanged: 0, failed: [{ file: "b.pdf", message: "It is damaged." }], seconds: 1.5 },
  ];
  const { exit, last } = await run(core, ["ingest", "week 1", "--json"]);
  expect([exit, core.calls[0]]).toEqual([0, "ingest /courses/week 1"]);
  expect(last).toMatchSnapshot();
});

test("sticks --json, and for a person", async () => {
  const core = new FakeCore();
  core.sticks = [STICK];
  expect((await run(core, ["sticks", "--json"])).last).toMatchSnapshot("result");
  expect((await run(core, ["sticks"])).stdout).toMatchSnapshot("for a person");
});

test("upload --json ends with what is proven on the host", async () => {
  const core = new FakeCore();
  core.onUpload = () => [
    { type: "progress", progress: { done: 1, total: 2, unit: "bytes", rate: 1, etaSeconds: 1, detail: "sending", lanes: 4, retries: 0, stall: null } },
    { type: "done", result: { path: "/models/m.gguf", bytes: 2, sha256: "ab", bytesSent: 1, bytesKept: 0, bytesFromMirror: 1, mirrorFault: "mirror.example answered 503", seconds: 1, skipped: false } },
  ];
  const { exit, last } = await run(core, ["upload", "--ssh", "root@[::1]:22", "--identity", "-my key", "--to", "/models", "--mirror", "https://huggingface.co/a/b/blob/main/m.gguf", "--json", "--", "-m.gguf"]);
  expect(exit).toBe(0);
  expect(core.uploads).toMatchSnapshot("request");
  expect(last).toMatchSnapshot("result");
});

test("practice --json makes a stick, asks, stops, and ends with the whole story", async () => {
  const core = new FakeCore();
  core.practiceStick = { ...STICK, kind: "practice" };
  core.answer = ANSWER;
  const { exit, last } = await run(core, ["practice", "--json"]);
  expect([exit, core.session.phase]).toEqual([0, "stopped"]);
  expect(withOneStep(last)).toMatchSnapshot();
});

test("practice shows a person the steps, the answer, its sources and the timings", async () => {
  const core = new FakeCore();
  core.practiceStick = STICK;
  core.answer = ANSWER;
  expect((await run(core, ["practice"])).stdout).toMatchSnapshot();
});
