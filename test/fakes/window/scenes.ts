import type { Page } from "@playwright/test";
import type { CourseDocument } from "../../../src/contract/chat.ts";
import type { LogLevel, LogLine } from "../../../src/contract/logs.ts";
import { idle, needsHelp, ready, starting, stopped, stopping, uploading } from "./sessions.ts";
import { SETTINGS, type Stage } from "./staged-core.ts";
import { CUT_SHORT, GOOD_STICK, TWO_MODELS } from "./sticks.ts";

export interface Scene {
  name: string;
  view: string;
  stage: Partial<Stage>;
  /** Steps from the opened screen to the state to look at. */
  play?: (page: Page) => Promise<void>;
}

export const DOCUMENTS: CourseDocument[] = ["lecture-01-introduction.pdf", "lecture-02-linear-models.pdf", "lecture-03-networks.pdf", "lecture-04-backpropagation.pdf", "exercises/week 4.md", "glossary.txt"].map(
  (file, index) => ({ file, passages: 12 + index * 17, ingestedAt: new Date(Date.UTC(2026, 10, 23, 8, 4, index * 7)).toISOString(), sha256: "0".repeat(64) }),
);

const TEXTS: [source: string, level: LogLevel, text: string][] = [
  ["app", "info", "Session s1: starting on root@203.0.113.7:22022"],
  ["connect", "info", "Host key SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDRVLbHTuBtHrpCZ0k is the pinned one"],
  ["upload-model", "info", "Chunk 41 of 306 proven (16.8 MB in 0.7 s)"],
  ["upload-model", "warn", "No acknowledgement for 5 s on connection 3: the line is slow"],
  ["milvus", "debug", "collection course_materials loaded"],
  ["llm", "info", "load: 33 of 33 layers on NVIDIA RTX A5000, 7.4 of 24 GB"],
  ["llm", "error", "slot 2: request aborted by the client while it was decoding; the sequence was erased and the slot is free again"],
  ["api", "info", "POST /api/chat 200 in 1.9 s, first token after 0.42 s"],
];

export const logLines = (count: number, from = 0): LogLine[] =>
  Array.from({ length: count }, (_, index) => {
    const [source, level, text] = TEXTS[(from + index) % TEXTS.length]!;
    return { seq: from + index + 1, at: new Date(Date.UTC(2026, 10, 23, 8, 0, 0) + (from + index) * 137).toISOString(), source, level, text };
  });

const ask = (question: string, until: string) => async (page: Page) => {
  await page.getByLabel("Your question").fill(question);
  await page.keyboard.press("Enter");
  await page.getByText(until).first().waitFor();
};

export const SCENES: Scene[] = [
  { name: "home-no-stick", view: "home", stage: {} },
  { name: "home-stick", view: "home", stage: { sticks: [GOOD_STICK] } },
  {
    name: "home-ssh",
    view: "home",
    stage: { sticks: [GOOD_STICK], settings: { ...SETTINGS, lastHost: { kind: "ssh", address: "root@203.0.113.7:22022" }, hosts: [{ address: "root@203.0.113.7:22022", identity: "/home/anna/.ssh/id_ed25519", label: "root@203.0.113.7:22022" }] } },
  },
  {
    name: "home-new-key",
    view: "home",
    stage: { sticks: [GOOD_STICK] },
    play: async (page) => {
      await page.getByRole("radio", { name: "A host over SSH" }).click();
      await page.getByRole("button", { name: "Make a key for me" }).click();
      await page.getByText("Your new key is ready").waitFor();
    },
  },
  { name: "home-two-models", view: "home", stage: { sticks: [TWO_MODELS] } },
  { name: "home-problem", view: "home", stage: { sticks: [CUT_SHORT] } },
  {
    name: "home-endpoint",
    view: "home",
    stage: { sticks: [GOOD_STICK] },
    play: async (page) => {
      await page.getByRole("button", { name: "Use a model elsewhere" }).click();
      await page.getByLabel("Endpoint address").fill("https://llm.example.edu/v1");
    },
  },
  {
    name: "home-folder",
    view: "home",
    stage: { sticks: [GOOD_STICK, CUT_SHORT] },
    play: async (page) => {
      await page.getByRole("button", { name: "Use a folder instead" }).click();
      await page.getByLabel("Folder with the model").fill("/home/anna/models");
      await page.getByRole("button", { name: "Use this folder" }).click();
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "home-practice",
    view: "home",
    stage: { practice: [{ type: "progress", progress: { done: 61_000_000, total: 144_000_000, unit: "bytes", rate: 5_200_000, etaSeconds: 16, detail: "Fetching the chat model" } }] },
    play: async (page) => {
      await page.getByRole("button", { name: "Practice on this computer" }).click();
      await page.getByText("Making the practice stick").first().waitFor();
    },
  },
  { name: "session-idle", view: "session", stage: { session: idle() } },
  { name: "session-starting", view: "session", stage: { session: starting() } },
  { name: "session-uploading", view: "session", stage: { session: uploading() } },
  { name: "help-passphrase", view: "session", stage: { session: needsHelp({ code: "key-encrypted", message: "The key /home/anna/.ssh/id_ed25519 asks for a passphrase." }) } },
  {
    name: "help-host-changed",
    view: "session",
    stage: {
      session: needsHelp({
        code: "host-key-changed",
        message: "root@203.0.113.7:22022 showed SHA256:47DEQpj8HBSa, but since 2026-05-04 it was SHA256:uNiVztksCsDh.",
        details: { knownFingerprint: "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDRVLbHTuBtHrpCZ0k", fingerprint: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU" },
      }),
    },
  },
  {
    name: "help-upload",
    view: "session",
    stage: {
      session: needsHelp({ code: "stick-removed", message: "COURSE-STICK was pulled out while the model was being sent.", kept: "1.7 of 5.1 GB are on the host and proven.", causes: ["ENODEV: no such device, read"] }, "upload-model"),
    },
  },
  { name: "session-ready", view: "session", stage: { session: ready() } },
  {
    name: "session-stop",
    view: "session",
    stage: { session: ready() },
    play: async (page) => {
      await page.getByRole("button", { name: "Stop Session" }).click();
      await page.getByRole("alertdialog").waitFor();
    },
  },
  { name: "session-stopping", view: "session", stage: { session: stopping() } },
  { name: "session-stopped", view: "session", stage: { session: stopped() } },
  { name: "chat-off", view: "chat", stage: {} },
  { name: "chat-empty", view: "chat", stage: { session: ready() } },
  { name: "chat-writing", view: "chat", stage: { session: ready(), pauseMs: 250 }, play: ask("How does backpropagation work?", "starting at") },
  {
    name: "chat-answer",
    view: "chat",
    stage: { session: ready() },
    play: async (page) => {
      await ask("How does backpropagation work?", "Copy the answer")(page);
      await page.getByText("Read the passage").first().click();
    },
  },
  { name: "chat-nothing", view: "chat", stage: { session: ready() }, play: ask("What will the weather be?", "Nothing found in your material") },
  { name: "course", view: "course", stage: { session: ready(), documents: DOCUMENTS } },
  {
    name: "course-reading",
    view: "course",
    stage: {
      session: ready(),
      documents: DOCUMENTS,
      ingest: [
        { type: "file", file: "notes.docx", index: 1, files: 4 },
        { type: "file-done", file: "notes.docx", passages: 31, unchanged: false },
        { type: "file", file: "scan.pdf", index: 2, files: 4 },
        { type: "file-failed", file: "scan.pdf", message: "The file is damaged: its cross-reference table is missing." },
        { type: "file", file: "slides week 5.pptx", index: 3, files: 4 },
        { type: "embedded", file: "slides week 5.pptx", passages: 24, of: 61 },
      ],
    },
    play: async (page) => {
      await page.getByRole("button", { name: "Add a folder" }).click();
      await page.getByLabel("Folder to read").fill("/home/anna/course");
      await page.getByRole("button", { name: "Read this folder" }).click();
      await page.getByText("Reading file 3 of 4").waitFor();
    },
  },
  { name: "course-empty", view: "course", stage: { session: ready() } },
  { name: "logs", view: "logs", stage: { session: ready(), logs: logLines(400) } },
  { name: "logs-empty", view: "logs", stage: {} },
  { name: "settings", view: "settings", stage: { settings: { ...SETTINGS, hosts: [{ address: "root@203.0.113.7:22022", identity: "/home/anna/.ssh/id_ed25519", label: "root@203.0.113.7:22022" }] } } },
];
