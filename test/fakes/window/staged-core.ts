import { EventEmitter, on } from "node:events";
import { implement, ORPCError } from "@orpc/server";
import type { BackupCreateEvent, BackupList, BackupRestoreEvent, BackupVerifyEvent } from "../../../src/contract/backup.ts";
import type { CourseDocument, IngestEvent } from "../../../src/contract/chat.ts";
import type { ErrorReport } from "../../../src/contract/errors.ts";
import type { LogLine } from "../../../src/contract/logs.ts";
import { contract, type PracticeEvent } from "../../../src/contract/rpc.ts";
import type { NetworkVolume, PodOfOurs, Quote } from "../../../src/contract/rent.ts";
import type { RehearsalEvent, RehearsalObstacle } from "../../../src/contract/rehearsal.ts";
import type { Receipt, SessionEvent, SessionSnapshot, SessionTimings } from "../../../src/contract/session.ts";
import type { Settings } from "../../../src/contract/settings.ts";
import type { EndpointKey } from "../../../src/contract/endpoint.ts";
import type { Stick } from "../../../src/contract/stick.ts";
import type { KeptConversation } from "../../../src/contract/window.ts";
import { startCoreServer } from "../../../src/main/host/server.ts";
import { windowFolder } from "../../../src/main/host/window-folder.ts";
import { serveWindow } from "../../../src/main/web/serve-window.ts";
import { answer, endlessAnswer } from "./conversation.ts";
import { idle, uploading } from "./sessions.ts";

export interface Stage {
  session: SessionSnapshot;
  sticks: Stick[];
  settings: Settings;
  logs: LogLine[];
  documents: CourseDocument[];
  ingest: IngestEvent[];
  practice: PracticeEvent[];
  backups: BackupList;
  backupEvents: { create: BackupCreateEvent[]; verify: BackupVerifyEvent[]; restore: BackupRestoreEvent[] };
  /** Milliseconds between two words of an answer. */
  history: SessionTimings[];
  conversations: KeptConversation[];
  /** Which keys are kept. */
  keys: EndpointKey[];
  pauseMs: number;
  /** Answers with words that say when they were sent, so many milliseconds apart, until somebody stops it; null: the scene's answer. */
  endlessAnswerMs: number | null;
  /** What the next call that changes the session fails with. */
  refuse: ErrorReport | null;
  /** null: no key of an account is kept. */
  quote: Quote | null;
  pods: PodOfOurs[];
  volumes: NetworkVolume[];
  rehearsal: RehearsalEvent[];
  /** A promise holds the answer back. */
  obstacle: RehearsalObstacle | null | Promise<RehearsalObstacle | null>;
  receipts: Receipt[];
}

const BUNDLE = "AI Mentor support bundle, 2026-11-24T08:00:00.000Z\n\n== App ==\nversion 0.1.0, background\nlinux 6.18, Node v24.11.1\n\n== Session ==\nneeds-help, on ssh, model of 5131409696 bytes\n  find-model: done in 0.4 s\n  connect: failed in 3.0 s [host-silent] host-1 does not answer.\n";

export const SETTINGS: Settings = { version: 1, hosts: [], lastHost: { kind: "local" }, theme: "system", folders: [], courseFolders: [], backup: { folder: null, atStop: "away", keep: 5 }, language: "en", welcomed: true, notify: true, keepConversations: true, runpod: {}, mirrors: {} };

/**
 * The contract on a stage: a real server, and behind it whatever the scene says. It is for states of
 * the window that a real core reaches only by accident; the journeys run against the real one.
 */
export async function openStage(scene: Partial<Stage> = {}) {
  const stage: Stage = { session: idle(), sticks: [], settings: SETTINGS, logs: [], documents: [], ingest: [], practice: [], backups: { folder: "/media/anna/COURSE/backups", freeBytes: 41_000_000_000, backups: [] }, backupEvents: { create: [], verify: [], restore: [] }, history: [], conversations: [], keys: [], pauseMs: 0, endlessAnswerMs: null, refuse: null, quote: null, pods: [], volumes: [], rehearsal: [], obstacle: null, receipts: [], ...scene };
  const calls: { name: string; input: unknown }[] = [];
  const changes = new EventEmitter();
  let seq = 1;
  const os = implement(contract);

  const show = (session: SessionSnapshot): SessionSnapshot => {
    stage.session = session;
    seq += 1;
    changes.emit("session", { type: "snapshot", seq, session } satisfies SessionEvent);
    return session;
  };
  const act = (name: string, input: unknown, session: () => SessionSnapshot): SessionSnapshot => {
    calls.push({ name, input });
    if (stage.refuse !== null) throw new ORPCError("FAILED", { defined: true, message: stage.refuse.message, data: stage.refuse });
    return show(session());
  };
  const endPod = (name: string, id: string, become: (pod: PodOfOurs) => PodOfOurs[]): PodOfOurs[] => {
    calls.push({ name: `${name} pod`, input: id });
    return (stage.pods = stage.pods.flatMap((pod) => (pod.id === id ? become(pod) : [pod])));
  };
  async function* watch<Event>(first: Event, name: string, signal: AbortSignal | undefined): AsyncGenerator<Event, void, void> {
    yield first;
    try {
      for await (const [event] of on(changes, name, { signal })) yield event as Event;
    } catch (thrown) {
      if (!signal?.aborted) throw thrown;
    }
  }
  async function* each<Event>(events: readonly Event[]): AsyncGenerator<Event, void, void> {
    yield* events;
  }

  /** As `each`; one that does not end holds its last event until someone cancels. */
  async function* held<Event extends { type: string }>(events: readonly Event[], signal: AbortSignal | undefined): AsyncGenerator<Event, void, void> {
    yield* events;
    if (!["done", undefined].includes(events.at(-1)?.type)) await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  }

  const router = os.router({
    app: {
      info: os.app.info.handler(() => ({ version: "0.1.0", shell: "background" as const, platform: "linux", computer: "annas-laptop", dataFolder: "/home/anna/.local/share/ai-mentor" })),
      settings: os.app.settings.handler(() => stage.settings),
      saveSettings: os.app.saveSettings.handler(({ input }) => (stage.settings = input)),
    },
    sticks: {
      list: os.sticks.list.handler(() => stage.sticks),
      watch: os.sticks.watch.handler(({ signal }) => watch(stage.sticks, "sticks", signal)),
      inspect: os.sticks.inspect.handler(({ input }) => {
        const found = stage.sticks.find(({ path }) => path === input.path);
        if (found) return found;
        const problem: ErrorReport = { code: "stick-missing", message: `There is no folder ${input.path} on this computer.` };
        return { path: input.path, label: input.path, kind: "folder" as const, sizeBytes: null, freeBytes: null, readOnly: false, models: [], course: null, problem };
      }),
      makePractice: os.sticks.makePractice.handler(async function* ({ signal }) {
        for (const event of stage.practice) {
          yield event;
          // A scene that never ends holds its last picture until someone cancels.
          if (event === stage.practice.at(-1) && event.type === "progress") await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
        }
      }),
    },
    secrets: { list: os.secrets.list.handler(() => stage.keys), set: os.secrets.set.handler(({ input }) => void calls.push({ name: "secret", input })), remove: os.secrets.remove.handler(({ input }) => void (stage.keys = stage.keys.filter((name) => name !== input.name))) },
    keys: {
      list: os.keys.list.handler(() => [{ path: "/home/anna/.ssh/id_ed25519", publicKey: "ssh-ed25519 AAAAC3Nz anna@laptop", fingerprint: "SHA256:uNiVztksCsDhcc0u9e8BgrJXVGDRVLbHTuBtHrpCZ0k" }]),
      make: os.keys.make.handler(() => ({ path: "/home/anna/.local/share/ai-mentor/keys/id_ed25519", publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8mJ2v0i1dWk1oTnJ5m6c9w3yqkXgqvEoZ2W3aTf9dP ai-mentor@annas-laptop", fingerprint: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU" })),
    },
    session: {
      start: os.session.start.handler(({ input }) => act("start", input, uploading)),
      quote: os.session.quote.handler(({ input }) => {
        calls.push({ name: "quote", input });
        if (stage.quote === null) throw new ORPCError("FAILED", { defined: true, data: { code: "provider-key-missing", message: "No API key of a Runpod account is kept on this computer." } });
        return stage.quote;
      }),
      extend: os.session.extend.handler(({ input }) => act("extend", input, () => stage.session)),
      stop: os.session.stop.handler(({ input }) => act("stop", input ?? null, () => ({ ...stage.session, phase: "stopping" }))),
      cancel: os.session.cancel.handler(() => act("cancel", null, () => ({ ...stage.session, phase: "stopped", error: { code: "cancelled", message: "The start was cancelled." } }))),
      retry: os.session.retry.handler(({ input }) => act("retry", input, uploading)),
      forget: os.session.forget.handler(() => act("forget", null, idle)),
      current: os.session.current.handler(() => stage.session),
      watch: os.session.watch.handler(({ signal }) => watch<SessionEvent>({ type: "snapshot", seq, session: stage.session }, "session", signal)),
      history: os.session.history.handler(() => stage.history),
      openMilvus: os.session.openMilvus.handler(() => ({ url: "127.0.0.1:19530", moved: false })),
    },
    receipts: { list: os.receipts.list.handler(() => stage.receipts) },
    pods: {
      list: os.pods.list.handler(() => stage.pods),
      stop: os.pods.stop.handler(({ input: { id } }) => endPod("stop", id, (pod) => [{ ...pod, state: "stopped", runningSince: null }])),
      terminate: os.pods.terminate.handler(({ input: { id } }) => endPod("terminate", id, () => [])),
    },
    rehearsal: {
      obstacle: os.rehearsal.obstacle.handler(() => stage.obstacle),
      run: os.rehearsal.run.handler(({ input, signal }) => (calls.push({ name: "rehearse", input }), held(stage.rehearsal, signal))),
    },
    volumes: {
      list: os.volumes.list.handler(() => stage.volumes),
      create: os.volumes.create.handler(({ input }) => ({ id: "vol-new", ...input, microUsdPerDay: 70_000 })),
    },
    logs: { watch: os.logs.watch.handler(({ signal }) => watch(stage.logs, "logs", signal)) },
    chat: { ask: os.chat.ask.handler(({ input, signal }) => (calls.push({ name: "ask", input }), stage.endlessAnswerMs === null ? answer(input.message, stage.pauseMs) : endlessAnswer(stage.endlessAnswerMs, signal))) },
    course: {
      ingest: os.course.ingest.handler(async function* ({ signal }) {
        yield* each(stage.ingest);
        if (stage.ingest.at(-1)?.type !== "complete") await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      }),
      open: os.course.open.handler(({ input }) => {
        calls.push({ name: "open", input });
        if (stage.refuse !== null) throw new ORPCError("FAILED", { defined: true, message: stage.refuse.message, data: stage.refuse });
        return { url: `http://127.0.0.1:${server.port}/favicon.ico#page=${input.page}` };
      }),
      documents: os.course.documents.handler(() => stage.documents),
    },
    backup: {
      list: os.backup.list.handler(() => stage.backups),
      create: os.backup.create.handler(({ input, signal }) => (calls.push({ name: "backup create", input }), held(stage.backupEvents.create, signal))),
      verify: os.backup.verify.handler(({ input, signal }) => (calls.push({ name: "backup verify", input }), held(stage.backupEvents.verify, signal))),
      restore: os.backup.restore.handler(({ input, signal }) => (calls.push({ name: "backup restore", input }), held(stage.backupEvents.restore, signal))),
      undoRestore: os.backup.undoRestore.handler(() => (calls.push({ name: "backup undo", input: null }), each(stage.backupEvents.restore))),
      prune: os.backup.prune.handler(({ input }) => (calls.push({ name: "backup prune", input }), { removed: [], kept: stage.backups.backups })),
      remove: os.backup.remove.handler(({ input }) => void calls.push({ name: "backup remove", input })),
      passphrase: os.backup.passphrase.handler(() => ({ kept: false })),
      keepPassphrase: os.backup.keepPassphrase.handler(({ input }) => void calls.push({ name: "backup passphrase", input })),
    },
    window: {
      supportBundle: os.window.supportBundle.handler(() => ({ fileName: "ai-mentor-support-2026-11-24T08-00.txt", text: BUNDLE })),
      conversations: os.window.conversations.handler(() => stage.conversations),
      saveConversation: os.window.saveConversation.handler(({ input }) => void (stage.conversations = [input, ...stage.conversations.filter(({ id }) => id !== input.id)])),
      removeConversation: os.window.removeConversation.handler(({ input }) => void (stage.conversations = stage.conversations.filter(({ id }) => id !== input.id))),
    },
    upload: { run: os.upload.run.handler(() => each([])) },
  });

  const token = "staged-core-token-0123456789abcdef";
  const server = await startCoreServer({ router: router as never, token, serveWindow: serveWindow(windowFolder(), token) });
  return {
    stage,
    calls,
    show,
    /** Sticks plugged or pulled. */
    plug: (sticks: Stick[]) => changes.emit("sticks", (stage.sticks = sticks)),
    log: (lines: LogLine[]) => changes.emit("logs", lines),
    port: server.port,
    address: `http://127.0.0.1:${server.port}/#token=${token}`,
    bareAddress: `http://127.0.0.1:${server.port}/`,
    close: () => server.close(),
  };
}
