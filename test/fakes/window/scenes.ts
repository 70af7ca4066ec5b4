import type { Page } from "@playwright/test";
import type { Strings } from "../../../src/renderer/strings/strings.ts";
import { BACKUPS, RESTORING } from "./backups.ts";
import { CONVERSATIONS } from "./conversation.ts";
import { AWAY, REHEARSED, REHEARSING } from "./rehearsals.ts";
import { ORPHANS, QUOTE, RECEIPTS, rented, RENTED_HOST, rentedStopped, UNGUARDED, VOLUMES } from "./rented.ts";
import type { CourseDocument } from "../../../src/contract/chat.ts";
import type { LogLevel, LogLine } from "../../../src/contract/logs.ts";
import type { SessionTimings } from "../../../src/contract/session.ts";
import { idle, lineGone, needsHelp, ready, starting, stopped, stopping, uploading } from "./sessions.ts";
import { SETTINGS, type Stage } from "./staged-core.ts";
import { CUT_SHORT, GOOD_STICK, TWO_MODELS } from "./sticks.ts";

export interface Scene {
  name: string;
  view: string;
  stage: Partial<Stage>;
  /** How high the window must be for all of it to be in the picture; pixels. */
  height?: number;
  /** Steps from the opened screen to the state to look at. */
  play?: (page: Page, t: Strings) => Promise<void>;
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

const ask = (question: string, until: string | ((t: Strings) => string)) => async (page: Page, t: Strings) => {
  await page.getByLabel(t.chat.label).fill(question);
  await page.keyboard.press("Enter");
  await page.getByText(typeof until === "string" ? until : until(t)).first().waitFor();
};

const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).first().click();

const rehearse = (then: (page: Page, t: Strings) => Promise<void>) => async (page: Page, t: Strings) => {
  await page.getByText(t.rehearsal.duration).waitFor();
  await press(page, t.rehearsal.begin);
  await then(page, t);
};

/** Earlier sessions like the staged one, each a little other. */
const HISTORY: SessionTimings[] = [1.18, 0.94, 1.31, 1.05, 0.97, 1.12].map((factor, index) => ({
  sessionId: `earlier-${index}`,
  host: "ssh",
  startedAt: new Date(Date.UTC(2026, 10, 16 + index, 7, 40)).toISOString(),
  readySeconds: 252 * factor,
  steps: ready().steps.map(({ id, startedAt, endedAt }) => ({ id, startedAt: startedAt ?? "", seconds: ((Date.parse(endedAt ?? "") - Date.parse(startedAt ?? "")) / 1000) * factor })),
}));

const NEW_HERE = { ...SETTINGS, welcomed: false };

export const SCENES: Scene[] = [
  { name: "welcome-stick", view: "home", stage: { settings: NEW_HERE } },
  { name: "welcome-host", view: "home", stage: { settings: NEW_HERE, sticks: [GOOD_STICK] }, play: (page, t) => press(page, t.welcome.next) },
  {
    name: "welcome-ready",
    view: "home",
    stage: { settings: NEW_HERE, sticks: [GOOD_STICK] },
    play: async (page, t) => {
      await press(page, t.welcome.next);
      await press(page, t.welcome.next);
    },
  },
  { name: "home-starting", view: "home", stage: { session: uploading(), sticks: [GOOD_STICK], history: HISTORY } },
  { name: "home-ready", view: "home", stage: { session: rented(), sticks: [GOOD_STICK], history: HISTORY } },
  { name: "home-needs-help", view: "home", stage: { session: needsHelp({ code: "host-silent", message: "root@203.0.113.7:22022 does not answer." }), sticks: [GOOD_STICK] } },
  { name: "home-orphans", view: "home", stage: { sticks: [GOOD_STICK], pods: ORPHANS } },
  {
    name: "home-rent",
    height: 1180,
    view: "home",
    stage: { sticks: [GOOD_STICK], keys: ["runpod"], quote: QUOTE, volumes: VOLUMES, settings: { ...SETTINGS, lastHost: { kind: "runpod" } } },
    play: async (page, t) => {
      await press(page, t.rent.quoteButton);
      await page.getByText(t.rent.quoteFirst("RTX A5000", "24 GiB")).waitFor();
    },
  },
  { name: "home-rent-key", height: 1000, view: "home", stage: { sticks: [GOOD_STICK], settings: { ...SETTINGS, lastHost: { kind: "runpod" } } } },
  { name: "home-no-stick", view: "home", stage: {} },
  { name: "home-stick", view: "home", stage: { sticks: [GOOD_STICK] } },
  {
    name: "home-ssh",
    height: 1000,
    view: "home",
    stage: { sticks: [GOOD_STICK], settings: { ...SETTINGS, lastHost: { kind: "ssh", address: "root@203.0.113.7:22022" }, hosts: [{ address: "root@203.0.113.7:22022", identity: "/home/anna/.ssh/id_ed25519", label: "root@203.0.113.7:22022" }] } },
  },
  {
    name: "home-mirror",
    view: "home",
    stage: { sticks: [GOOD_STICK], settings: { ...SETTINGS, lastHost: { kind: "ssh", address: "root@203.0.113.7:22022" }, mirrors: { [GOOD_STICK.models[0]!.file]: "http://mirror.example/mistral.gguf" } } },
    play: async (page, t) => {
      await page.getByText(t.mirror.faults.https).waitFor();
      await page.getByText(t.mirror.hint).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "home-new-key",
    height: 1160,
    view: "home",
    stage: { sticks: [GOOD_STICK] },
    play: async (page, t) => {
      await page.getByRole("radio", { name: t.host.ssh }).click();
      await press(page, t.host.makeKey);
      await page.getByText(t.host.publicKeyTitle).waitFor();
    },
  },
  { name: "home-two-models", view: "home", stage: { sticks: [TWO_MODELS] } },
  { name: "home-problem", view: "home", stage: { sticks: [CUT_SHORT] } },
  {
    name: "home-endpoint",
    height: 960,
    view: "home",
    stage: { sticks: [GOOD_STICK] },
    play: async (page, t) => {
      await press(page, t.endpoint.use);
      await page.getByLabel(t.endpoint.fields.url).fill("https://llm.example.edu/v1");
    },
  },
  {
    name: "home-folder",
    height: 1000,
    view: "home",
    stage: { sticks: [GOOD_STICK, CUT_SHORT] },
    play: async (page, t) => {
      await press(page, t.stick.otherFolder);
      await page.getByLabel(t.stick.folder).fill("/home/anna/models");
      await press(page, t.stick.takeFolder);
      await page.getByRole("alert").waitFor();
    },
  },
  {
    name: "home-practice",
    view: "home",
    stage: { practice: [{ type: "progress", progress: { done: 61_000_000, total: 144_000_000, unit: "bytes", rate: 5_200_000, etaSeconds: 16, detail: "Fetching the chat model" } }] },
    play: async (page, t) => {
      await press(page, t.practice.button);
      await page.getByText(t.practice.making).first().waitFor();
    },
  },
  {
    name: "rehearsal",
    view: "rehearsal",
    stage: {},
    play: async (page, t) => {
      await page.getByText(t.rehearsal.duration).waitFor();
      await page.getByText(t.rehearsal.faultTitle).first().click();
      await page.getByRole("radio", { name: t.faults.busy.split(":")[0] }).waitFor();
    },
  },
  { name: "rehearsal-obstacle", view: "rehearsal", stage: { obstacle: { reason: "ports", ports: [8080, 8000], message: "Another program on this computer uses port 8080 and port 8000, which the rehearsal needs." } }, play: (page, t) => page.getByRole("button", { name: t.rehearsal.lookAgain }).waitFor() },
  { name: "rehearsal-running", view: "rehearsal", stage: { rehearsal: REHEARSING }, play: rehearse((page, t) => page.getByRole("list", { name: t.session.planTitle }).waitFor()) },
  { name: "rehearsal-away", view: "rehearsal", stage: { rehearsal: AWAY }, play: rehearse((page) => page.getByText("The laptop is gone").waitFor()) },
  { name: "rehearsal-done", view: "rehearsal", stage: { rehearsal: REHEARSED }, play: rehearse((page, t) => page.getByText(t.rehearsal.wentWell).waitFor()) },
  { name: "session-idle", view: "session", stage: { session: idle() } },
  { name: "session-starting", view: "session", stage: { session: starting() } },
  { name: "session-uploading", height: 960, view: "session", stage: { session: uploading(), history: HISTORY } },
  { name: "session-line-gone", height: 960, view: "session", stage: { session: lineGone(), history: HISTORY } },
  { name: "help-passphrase", view: "session", stage: { session: needsHelp({ code: "key-encrypted", message: "The key /home/anna/.ssh/id_ed25519 asks for a passphrase." }) } },
  { name: "help-backup-passphrase", view: "session", stage: { session: needsHelp({ code: "backup-encrypted", message: "The backup is encrypted, and no passphrase was given." }, "restore-course") }, play: (page, t) => page.getByRole("button", { name: t.help.startWithoutBackup }).waitFor() },
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
  { name: "session-ready", height: 1560, view: "session", stage: { session: ready(), history: HISTORY }, play: (page, t) => page.locator("dd", { hasText: `${t.session.stores.server}2.3.5` }).waitFor() },
  { name: "session-rented", height: 1000, view: "session", stage: { session: rented(), history: HISTORY } },
  {
    name: "session-stop-rented",
    view: "session",
    stage: { session: rented() },
    play: async (page, t) => {
      await press(page, t.session.stop);
      await page.getByText(t.session.stopBacksUp).waitFor();
    },
  },
  {
    name: "session-stop-unsaved",
    view: "session",
    stage: { session: rented(), settings: { ...SETTINGS, backup: { ...SETTINGS.backup, atStop: "never" } } },
    play: async (page, t) => {
      await press(page, t.session.stop);
      await page.getByRole("radio", { name: t.session.stopDelete }).click();
      await page.getByText(t.session.stopUnsaved).waitFor();
    },
  },
  { name: "session-receipt-rented", view: "session", stage: { session: rentedStopped(), history: HISTORY } },
  { name: "help-guard", view: "session", stage: { session: { ...needsHelp({ code: "guard-unproven", message: "The machine's own key may read it, but it could not be shown that it may stop it." }, "arm-watchdog", RENTED_HOST), rent: UNGUARDED } } },
  { name: "help-rent-key", view: "session", stage: { session: needsHelp({ code: "provider-key-rejected", message: "Runpod answered 401 to the key that is kept." }, "rent-pod", { kind: "runpod", label: "Runpod" }) } },
  {
    name: "session-stop",
    view: "session",
    stage: { session: ready() },
    play: async (page, t) => {
      await press(page, t.session.stop);
      await page.getByRole("alertdialog").waitFor();
    },
  },
  { name: "session-stopping", view: "session", stage: { session: stopping() } },
  { name: "session-stopped", height: 1620, view: "session", stage: { session: stopped(), history: HISTORY } },
  { name: "chat-off", view: "chat", stage: {} },
  { name: "chat-empty", view: "chat", stage: { session: ready() } },
  { name: "chat-writing", view: "chat", stage: { session: ready(), pauseMs: 250 }, play: ask("How does backpropagation work?", "starting at") },
  {
    name: "chat-answer",
    view: "chat",
    stage: { session: ready() },
    play: async (page, t) => {
      await ask("How does backpropagation work?", ({ chat }) => chat.copy)(page, t);
      await page.getByText(t.chat.passage).first().click();
    },
  },
  { name: "chat-nothing", view: "chat", stage: { session: ready() }, play: ask("What will the weather be?", ({ chat }) => chat.nothingFound) },
  {
    name: "chat-math",
    view: "chat",
    stage: { session: ready() },
    play: async (page, t) => {
      await ask("Derive the gradient", ({ chat }) => chat.copy)(page, t);
      await page.locator(".katex").first().waitFor();
    },
  },
  {
    name: "chat-edit",
    view: "chat",
    stage: { session: ready() },
    play: async (page, t) => {
      await ask("How does backpropagation work?", ({ chat }) => chat.copy)(page, t);
      await press(page, t.chat.edit);
      await page.getByLabel(t.chat.editLabel).fill("How does backpropagation work in a network with one hidden layer?");
    },
  },
  {
    name: "chat-conversations",
    view: "chat",
    stage: { session: ready(), conversations: CONVERSATIONS },
    play: async (page, t) => {
      await press(page, t.chat.conversations);
      await page.getByText(CONVERSATIONS[0]!.title).waitFor();
    },
  },
  { name: "backups", height: 960, view: "backups", stage: { session: ready(), documents: DOCUMENTS, backups: BACKUPS } },
  { name: "backups-empty", view: "backups", stage: {} },
  {
    name: "backups-restore",
    view: "backups",
    stage: { session: ready(), documents: DOCUMENTS, backups: BACKUPS },
    play: async (page, t) => {
      await press(page, t.backups.restore);
      await page.getByRole("alertdialog").waitFor();
    },
  },
  {
    name: "backups-working",
    view: "backups",
    stage: { session: ready(), documents: DOCUMENTS, backups: BACKUPS, backupEvents: { create: RESTORING, verify: [], restore: [] } },
    play: async (page, t) => {
      await press(page, t.backups.make);
      await page.getByText(t.backups.working.create).waitFor();
    },
  },
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
    play: async (page, t) => {
      await press(page, t.documents.add);
      await page.getByLabel(t.documents.folder).fill("/home/anna/course");
      await press(page, t.documents.start);
      await page.getByText(t.documents.reading(3, 4)).waitFor();
    },
  },
  { name: "course-empty", view: "course", stage: { session: ready() } },
  { name: "logs", view: "logs", stage: { session: ready(), logs: logLines(400) } },
  { name: "logs-empty", view: "logs", stage: {} },
  {
    name: "logs-held",
    view: "logs",
    stage: { session: ready(), logs: logLines(400) },
    play: async (page, t) => {
      await page.locator(".log-row.error").last().click();
      await page.getByLabel(t.logs.view).selectOption("raw");
    },
  },
  {
    name: "logs-bundle",
    view: "logs",
    stage: { session: ready(), logs: logLines(40) },
    play: async (page, t) => {
      await press(page, t.logs.bundle);
      await page.getByRole("region", { name: t.logs.bundlePreview }).waitFor();
    },
  },
  { name: "settings", height: 2560, view: "settings", stage: { keys: ["runpod"], receipts: RECEIPTS, settings: { ...SETTINGS, hosts: [{ address: "root@203.0.113.7:22022", identity: "/home/anna/.ssh/id_ed25519", label: "root@203.0.113.7:22022" }] } } },
];
