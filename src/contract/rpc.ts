import { eventIterator, oc, type } from "@orpc/contract";
import { z } from "zod";
import {
  BackupCreateRequest,
  BackupRestoreRequest,
  BackupVerifyRequest,
  type BackupCreateEvent,
  type BackupList,
  type BackupPruned,
  type BackupRestoreEvent,
  type BackupVerifyEvent,
} from "./backup.ts";
import { ChatRequest, type ChatEvent, type CourseDocument, type IngestEvent } from "./chat.ts";
import { ENDPOINT_KEYS, type EndpointKey } from "./endpoint.ts";
import type { ErrorReport } from "./errors.ts";
import type { LogLine } from "./logs.ts";
import { OWN_MILVUS_KINDS } from "./milvus.ts";
import type { SessionEvent, SessionSnapshot, SessionTimings } from "./session.ts";
import { REHEARSAL_FAULT_NAMES, type RehearsalEvent, type RehearsalObstacle } from "./rehearsal.ts";
import type { NetworkVolume, PodOfOurs, Quote, Receipts } from "./rent.ts";
import { RunpodWishes, Settings } from "./settings.ts";
import type { Stick } from "./stick.ts";
import { CoursePlace, KeptConversation, type SupportBundle } from "./window.ts";
import type { Progress } from "./progress.ts";
import type { UploadProgress, UploadResult } from "./upload.ts";

/**
 * The whole surface between the core and whoever looks at it: window, terminal, browser. Every
 * procedure fails with the one typed error FAILED, whose data is an ErrorReport.
 */
const procedure = oc.errors({ FAILED: { data: type<ErrorReport>() } });

const HostChoice = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("local") }),
  z.object({
    kind: z.literal("ssh"),
    address: z.string(),
    identity: z.string(),
    passphrase: z.string().optional(),
    trustFingerprint: z.string().optional(),
  }),
  RunpodWishes.extend({ kind: z.literal("runpod"), podId: z.string().min(1).optional(), withoutGuard: z.boolean().optional() }),
]);

const ModelEndpoint = z.object({ url: z.string(), model: z.string().min(1).optional() });

export const StartRequestSchema = z.object({
  stick: z.string().optional(),
  host: HostChoice,
  model: z.string().optional(),
  mirror: z.string().optional(),
  course: z.string().optional(),
  chatEndpoint: ModelEndpoint.optional(),
  embeddingEndpoint: ModelEndpoint.optional(),
  milvus: z.enum(OWN_MILVUS_KINDS).optional(),
  milvusImage: z.string().min(1).optional(),
  milvusUrl: z.string().optional(),
  allowHttp: z.boolean().optional(),
  contextTokens: z.number().int().positive().optional(),
  parallel: z.number().int().min(1).max(64).optional(),
});

const Sequence = z.object({ lastSeq: z.number().int().optional() });

/** What the shell that hosts the core is, for the window's wording. */
export interface AppInfo {
  version: string;
  shell: "electron" | "browser" | "background";
  platform: string;
  /** This computer's name in "This computer (…)". */
  computer: string;
  dataFolder: string;
}

export type PracticeEvent =
  | { type: "progress"; progress: Progress }
  | { type: "done"; stick: Stick };

export type UploadEvent =
  | { type: "progress"; progress: UploadProgress }
  | { type: "done"; result: UploadResult };

export interface KeyFile {
  path: string;
  publicKey: string;
  fingerprint: string;
}

export const contract = {
  app: {
    info: procedure.output(type<AppInfo>()),
    settings: procedure.output(type<Settings>()),
    saveSettings: procedure.input(Settings).output(type<Settings>()),
  },
  sticks: {
    list: procedure.output(type<Stick[]>()),
    /** The whole list, again at every change. */
    watch: procedure.output(eventIterator(type<Stick[]>())),
    /** Reads one folder as a stick, and remembers it when `remember` is set. */
    inspect: procedure.input(z.object({ path: z.string(), remember: z.boolean().optional() })).output(type<Stick>()),
    /** Makes (or completes) the practice stick. */
    makePractice: procedure.output(eventIterator(type<PracticeEvent>())),
  },
  keys: {
    /** Ed25519 key files found in the usual place, newest first, and the app's own. */
    list: procedure.output(type<KeyFile[]>()),
    /** Makes the app's own key pair, or returns the one it has. */
    make: procedure.output(type<KeyFile>()),
  },
  secrets: {
    /** Which endpoints' keys are kept. A key itself is never given out. */
    list: procedure.output(type<EndpointKey[]>()),
    set: procedure.input(z.object({ name: z.enum(ENDPOINT_KEYS), value: z.string() })).output(type<void>()),
    remove: procedure.input(z.object({ name: z.enum(ENDPOINT_KEYS) })).output(type<void>()),
  },
  session: {
    /** Accepts the start and returns at once; `watch` tells the rest. */
    start: procedure.input(StartRequestSchema).output(type<SessionSnapshot>()),
    /**
     * What a start would rent, and what it would cost until ready: asks the provider, and spends nothing.
     * What is missing on this computer (stick, key) is in the quote's `problem`.
     */
    quote: procedure.input(StartRequestSchema).output(type<Quote>()),
    /**
     * `disk`: what becomes of a rented machine's own disk; default: kept, unless the start was cancelled before
     * anything was on it. While the course holds rows that no backup has (`rent.unsavedRows`), `delete` keeps the
     * disk all the same and says so on the receipt, unless `evenUnsaved`. `withoutBackup` lets the course's newest
     * changes go, where a backup could not be made.
     */
    stop: procedure.input(z.object({ disk: z.enum(["keep", "delete"]).optional(), evenUnsaved: z.boolean().optional(), withoutBackup: z.boolean().optional() }).optional()).output(type<SessionSnapshot>()),
    /** Moves the time at which a rented machine stops by itself; never beyond the budget's end, which `budgetMicroUsd` moves. */
    extend: procedure
      .input(z.object({ seconds: z.number().int().min(60).max(7 * 86_400).optional(), idleStopSeconds: z.number().int().min(60).nullable().optional(), budgetMicroUsd: z.number().int().positive().optional() }))
      .output(type<SessionSnapshot>()),
    /** Gives up the start that is under way, or the step that needs help, and undoes it. */
    cancel: procedure.output(type<SessionSnapshot>()),
    /** Goes on from the failed steps; `answer` carries what the error asked for, and is never stored. */
    retry: procedure
      .input(z.object({ passphrase: z.string().optional(), trustFingerprint: z.string().optional(), model: z.string().optional(), withoutGuard: z.boolean().optional(), withoutBackup: z.boolean().optional() }).optional())
      .output(type<SessionSnapshot>()),
    /** Forgets a session whose host is gone for good. */
    forget: procedure.output(type<SessionSnapshot>()),
    current: procedure.output(type<SessionSnapshot>()),
    watch: procedure.input(Sequence).output(eventIterator(type<SessionEvent>())),
    history: procedure.output(type<SessionTimings[]>()),
    /** Opens a tunnel to Milvus on demand. */
    openMilvus: procedure.output(type<{ url: string; moved: boolean }>()),
  },
  receipts: {
    /** Of all sessions that ended, newest first. */
    list: procedure.output(type<Receipts>()),
  },
  pods: {
    /** Every machine of ours at the provider, with or without a session. Empty where no key is kept. */
    list: procedure.output(type<PodOfOurs[]>()),
    /** Stops one that no session uses; its disk is kept. Resolves when the provider's list shows it stopped. */
    stop: procedure.input(z.object({ id: z.string().min(1) })).output(type<PodOfOurs[]>()),
    /** Deletes one that no session uses, with its own disk. Resolves when the provider's list shows it gone. */
    terminate: procedure.input(z.object({ id: z.string().min(1) })).output(type<PodOfOurs[]>()),
  },
  volumes: {
    list: procedure.output(type<NetworkVolume[]>()),
    create: procedure.input(z.object({ name: z.string().min(1).max(60), gigabytes: z.number().int().min(10).max(4096), dataCenter: z.string().min(1) })).output(type<NetworkVolume>()),
  },
  rehearsal: {
    /** Why none can be held here now; null when one can. Waits until one that was given up has been cleared away. */
    obstacle: procedure.output(type<RehearsalObstacle | null>()),
    /** The whole flow on a pretended rented machine, beside the session that may run. It costs nothing; whoever stops listening ends it. */
    run: procedure.input(z.object({ fault: z.enum(REHEARSAL_FAULT_NAMES).optional() })).output(eventIterator(type<RehearsalEvent>())),
  },
  logs: {
    /** Batches of at most 1,000 lines, at most ten a second. */
    watch: procedure
      .input(z.object({ source: z.string().optional(), lastSeq: z.number().int().optional(), follow: z.boolean().optional() }))
      .output(eventIterator(type<LogLine[]>())),
  },
  chat: {
    ask: procedure.input(ChatRequest).output(eventIterator(type<ChatEvent>())),
  },
  course: {
    ingest: procedure.input(z.object({ folder: z.string() })).output(eventIterator(type<IngestEvent>())),
    documents: procedure.output(type<CourseDocument[]>()),
    /** Where the core's own server shows a document of the course, at a page. Of this computer; needs no session. */
    open: procedure.input(CoursePlace).output(type<{ url: string }>()),
  },
  backup: {
    /** Of the folder, or of where this session or the settings keep them. `stick` is looked at where no session runs. */
    list: procedure.input(z.object({ folder: z.string().optional(), stick: z.string().optional() }).optional()).output(type<BackupList>()),
    /** Needs a session that is ready, as does `restore`. Ending the iteration cancels; what is done stays for the next try. */
    create: procedure.input(BackupCreateRequest).output(eventIterator(type<BackupCreateEvent>())),
    /** Reads all of it again; needs no session. */
    verify: procedure.input(BackupVerifyRequest).output(eventIterator(type<BackupVerifyEvent>())),
    restore: procedure.input(BackupRestoreRequest).output(eventIterator(type<BackupRestoreEvent>())),
    /** Gives the course back as it was before the last restore. */
    undoRestore: procedure.output(eventIterator(type<BackupRestoreEvent>())),
    /** Removes what the rule does not keep; with `dryRun` it only tells. */
    prune: procedure.input(z.object({ folder: z.string().optional(), stick: z.string().optional(), dryRun: z.boolean().optional() }).optional()).output(type<BackupPruned>()),
    /** Deletes one backup. */
    remove: procedure.input(z.object({ path: z.string() })).output(type<void>()),
    /** Whether a passphrase is kept, with which every backup is encrypted. It is never given out. */
    passphrase: procedure.output(type<{ kept: boolean }>()),
    /** null forgets it; backups made with it still need it. */
    keepPassphrase: procedure.input(z.object({ passphrase: z.string().min(1).nullable() })).output(type<void>()),
  },
  /** What the window alone needs. */
  window: {
    /** What a person may hand to whoever helps, without secrets, names and addresses. */
    supportBundle: procedure.output(type<SupportBundle>()),
    /** Newest first. */
    conversations: procedure.output(type<KeptConversation[]>()),
    saveConversation: procedure.input(KeptConversation).output(type<void>()),
    removeConversation: procedure.input(z.object({ id: z.uuid() })).output(type<void>()),
  },
  upload: {
    run: procedure
      .input(z.object({ file: z.string(), address: z.string(), identity: z.string(), passphrase: z.string().optional(), trustFingerprint: z.string().optional(), to: z.string(), mirror: z.string().optional() }))
      .output(eventIterator(type<UploadEvent>())),
  },
};

export type Contract = typeof contract;
