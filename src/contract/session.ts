import type { ErrorReport } from "./errors.ts";
import type { MilvusKind, OwnMilvusKind } from "./milvus.ts";
import type { StepId, StepStatus } from "./plan.ts";
import type { Progress } from "./progress.ts";
import type { Cloud, MicroUsd, RentReceipt, RentSnapshot } from "./rent.ts";

/** Where a session runs. */
export type HostChoice =
  | { kind: "local" }
  | {
      kind: "ssh";
      /** `user@host` or `user@host:port`; an IPv6 address stands in brackets. */
      address: string;
      /** Path of the private key file. */
      identity: string;
      /** Opens an encrypted key; used once, never stored. */
      passphrase?: string;
      /** The new host-key fingerprint (`SHA256:…`) that the person has confirmed after a change. */
      trustFingerprint?: string;
    }
  | RunpodChoice;

/** A machine that is rented for the session, and what it may cost. Everything may be left out. */
export interface RunpodChoice {
  kind: "runpod";
  /** The most that it may cost an hour. */
  maxMicroUsdPerHour?: MicroUsd;
  /** Names or ids of graphics cards that will do; default: every one that the model fits on. */
  gpus?: string[];
  /** Default: both. */
  clouds?: Cloud[];
  /** An existing network volume that holds (or will hold) model, tools and course. */
  volumeId?: string;
  /** A stopped machine of ours that is taken up instead of a new one. */
  podId?: string;
  /** Of the machine's own disk, where there is no volume; default: what the model needs. */
  diskGigabytes?: number;
  /** Seconds after which the machine stops whatever happens; default 4 hours. */
  stopAfterSeconds?: number;
  /** Seconds without a question, an upload or an ingest after which it stops; default 30 minutes, null for never. */
  idleStopSeconds?: number | null;
  /** Warns at four fifths of it, and stops the machine before it is spent; default: none. */
  budgetMicroUsd?: MicroUsd;
  /** Goes on although the machine could not show that it can stop itself. */
  withoutGuard?: boolean;
}

/** An OpenAI-compatible server (vLLM, a cluster, a hosted one) that a session uses. Its key is among the secrets, never here. */
export interface ModelEndpoint {
  /** Base address as seen from the host, usually with `/v1` at its end. */
  url: string;
  /** Name of the model there; default: the only one it offers. */
  model?: string;
}

export interface StartRequest {
  /** Folder of the stick; may be missing where an endpoint chats. */
  stick?: string;
  host: HostChoice;
  /** Model file, absolute or relative to the stick; needed where the stick holds several. */
  model?: string;
  /** Address of the same model, from which a host behind SSH may fetch parts of it while the rest is sent; default: none. */
  mirror?: string;
  /** Course folder; default: the stick's `course` folder, if there is one. */
  course?: string;
  /** Answers the questions instead of a model from the stick; default: none. */
  chatEndpoint?: ModelEndpoint;
  /** Makes the embeddings instead of our own model; default: none. */
  embeddingEndpoint?: ModelEndpoint;
  /** Which Milvus of ours keeps the course; default: the one that the host can carry. */
  milvus?: OwnMilvusKind;
  /** Folder or name of the image that the kind `image` runs, as parseMilvusImage takes it; default: the stick's, else the registry's. */
  milvusImage?: string;
  /** Address of somebody else's Milvus that keeps the course instead. Its token is among the secrets, never here. */
  milvusUrl?: string;
  /** Lets an endpoint or a Milvus be asked over plain http although its address is public. */
  allowHttp?: boolean;
  /** Upper bound for the model's context in tokens; default: chosen by the fit. */
  contextTokens?: number;
  /** How many students can be answered at once. Default 4. */
  parallel?: number;
}

export type SessionPhase = "idle" | "starting" | "ready" | "needs-help" | "stopping" | "stopped";

export interface StepState {
  id: StepId;
  title: string;
  needs: StepId[];
  /** Share of the total expected time, for the overall bar. Unitless. */
  weight: number;
  status: StepStatus;
  /** ISO 8601. */
  startedAt: string | null;
  endedAt: string | null;
  progress: Progress | null;
  /** One line of outcome: "5.1 GB proven", "already there". */
  outcome: string | null;
  error: ErrorReport | null;
}

/** Where a service of the session can be reached from this computer. */
export interface Endpoint {
  service: "llm" | "api" | "milvus";
  url: string;
  /** The usual port was taken on this computer, so a free one is used. */
  moved: boolean;
}

/** The line to the host is gone and is being made anew, or is back again; ISO 8601. */
export interface HostLine {
  state: "gone" | "back";
  since: string;
}

export interface SessionSnapshot {
  /** null before the first session. */
  id: string | null;
  phase: SessionPhase;
  host: { kind: HostChoice["kind"]; label: string } | null;
  /** null while there is nothing to tell: it has stood all along, or was lost for good. */
  line: HostLine | null;
  stick: string | null;
  model: { file: string; name: string; bytes: number } | null;
  /** The endpoints that chat and make embeddings; null where our own LLM server does. */
  servedBy: { chat: ModelEndpoint | null; embedding: ModelEndpoint | null };
  /** What keeps the course, once it is chosen; `version` once it has answered. */
  milvus: { kind: MilvusKind; version: string | null } | null;
  steps: StepState[];
  endpoints: Endpoint[];
  /** Why the session needs help, or why it ended otherwise than asked. */
  error: ErrorReport | null;
  startedAt: string | null;
  readyAt: string | null;
  stoppedAt: string | null;
  /** From the question of the self-check to its first token. */
  firstTokenSeconds: number | null;
  /** The self-check's or the course's collection counts, once known. */
  course: { documents: number; passages: number } | null;
  receipt: Receipt | null;
  /** The rented machine, its money and its guard; null on this computer and on a host of one's own. */
  rent: RentSnapshot | null;
}

export interface Receipt {
  sessionId: string;
  host: string;
  startedAt: string;
  stoppedAt: string;
  minutes: number;
  /** Zero on this computer and on a host of one's own. */
  costUsd: number;
  bytesSent: number;
  /** What stays where, in plain words. */
  kept: string[];
  /** null on this computer and on a host of one's own. */
  rent: RentReceipt | null;
}

/** What a watcher receives: one snapshot first, then only what changed. `seq` grows, and skips what a slow watcher was spared. */
export type SessionEvent =
  | { type: "snapshot"; seq: number; session: SessionSnapshot }
  | { type: "step"; seq: number; step: StepState }
  | { type: "session"; seq: number; changes: Partial<Omit<SessionSnapshot, "steps">> };

/** A finished session's timings, kept for the next estimate. Seconds. */
export interface SessionTimings {
  sessionId: string;
  host: HostChoice["kind"];
  startedAt: string;
  readySeconds: number | null;
  steps: { id: StepId; startedAt: string; seconds: number }[];
}
