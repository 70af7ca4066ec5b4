import { z } from "zod";
import { ChatEndpointConfig, EmbeddingEndpointConfig } from "./endpoint.ts";
import type { ErrorReport } from "./errors.ts";
import { MilvusImage, OWN_MILVUS_KINDS } from "./milvus.ts";
import type { Progress } from "./progress.ts";

/**
 * The agent's control interface on the host: HTTP on the host's loopback, bearer key, JSON.
 *
 *   GET  /status                      AgentStatus
 *   POST /services/{name}/start       body ServiceConfig[name]; 202, then watch /status
 *   POST /services/{name}/stop        waits until it is gone
 *   POST /services/{name}/proven      it does all that it will be asked: what only other versions of it needed is removed
 *   GET  /logs?after=SEQ&follow=1     LogLine as NDJSON
 *   POST /watchdog                    body WatchdogConfig; answers AgentStatus
 *   POST /heartbeat                   {}
 *   POST /shutdown                    stops all services, answers, exits
 */
export const SERVICE_NAMES = ["milvus", "llm", "api"] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

export { DEFAULT_PORTS } from "./limits.ts";

export const LlmServiceConfig = z.object({
  port: z.number().int(),
  /** null: embeddings alone, for a session that chats elsewhere. */
  model: z.string().nullable(),
  /** Its file is still on its way: embeddings are served already, and it is loaded when the same configuration comes without this. */
  modelLater: z.boolean().optional(),
  embeddingModel: z.string().nullable(),
  gpu: z.enum(["cpu", "cuda", "metal"]),
  /** Of one conversation, question and answer together; memory is needed `parallel` times. */
  contextTokens: z.number().int().positive(),
  parallel: z.number().int().positive(),
  threads: z.number().int().positive().nullable(),
  /** Bytes of memory that were reckoned with before anything was loaded; compared with what is used. */
  predictedBytes: z.number().nonnegative().nullish(),
});
export type LlmServiceConfig = z.infer<typeof LlmServiceConfig>;

/** Ending of the store's own folder while a copy is tried in its place (src/core/backup/store-exchange.ts). */
export const STORE_ASIDE = ".aside";

export const MilvusServiceConfig = z.object({
  kind: z.enum(OWN_MILVUS_KINDS),
  port: z.number().int(),
  dataDir: z.string(),
  python: z.string(),
  /** A server of ours asks nobody for a password, and lets root set one; for the moment after a copy with another host's password was put in its place. */
  unlocked: z.boolean().optional(),
  /** A copy that is not proven yet is in the folder's place; without this, what was put aside for it comes back first. */
  tryCopy: z.boolean().optional(),
  /** Of the kind `image`. */
  image: MilvusImage.extend({
    /** Where it is unpacked, once. */
    folder: z.string(),
    /** OCI layout that it is unpacked from; null: what was sent to, or is fetched into, a folder beside that. */
    layout: z.string().nullable(),
  }).optional(),
});
export type MilvusServiceConfig = z.infer<typeof MilvusServiceConfig>;

export const ApiServiceConfig = z.object({
  port: z.number().int(),
  /** Of our own LLM server; null where endpoints do all its work. */
  llmUrl: z.string().nullable(),
  /** Foreign endpoints that chat, or make embeddings, instead of our own LLM server. */
  chatEndpoint: ChatEndpointConfig.nullish(),
  embeddingEndpoint: EmbeddingEndpointConfig.nullish(),
  milvusAddress: z.string(),
  /** Whether that is over TLS, and what opens it: given here, or in a file on the host. */
  milvusTls: z.boolean().optional(),
  milvusToken: z.string().nullish(),
  milvusTokenFile: z.string().optional(),
  collection: z.string(),
  /** Name and SHA-256 of the embedding model, and its vectors' length where it is known; locked to the collection. */
  embedding: z.object({ name: z.string(), sha256: z.string(), dimension: z.number().int().positive().optional() }),
  /** Folder for interrupted ingests and uploaded documents. */
  dataDir: z.string(),
});
export type ApiServiceConfig = z.infer<typeof ApiServiceConfig>;

export interface ServiceConfigs {
  llm: LlmServiceConfig;
  milvus: MilvusServiceConfig;
  api: ApiServiceConfig;
}

export type ServiceState = "stopped" | "starting" | "ready" | "failed" | "stopping";

export interface ServiceStatus {
  name: ServiceName;
  state: ServiceState;
  pid: number | null;
  port: number | null;
  /** ISO 8601, of the present state. */
  since: string;
  restarts: number;
  progress: Progress | null;
  /** Why it failed; of one that is ready: why it did not take the configuration that it was last started with, and goes on with the one before. */
  error: ErrorReport | null;
}

export const WatchdogConfig = z.object({
  /** From now on, and told as what is left; null for no deadline. A duration, as every time here: the host's clock may be another than this computer's. */
  deadlineInSeconds: z.number().nullable(),
  /** Seconds without a heartbeat, chat or upload after which everything stops; null for never. */
  silenceSeconds: z.number().positive().nullable(),
  /** Seconds without chat, upload or ingest after which everything stops, however many heartbeats come; null for never. */
  idleSeconds: z.number().positive().nullish(),
  /**
   * The rented machine under the agent, which it stops (and never deletes) after everything on it has
   * ended. Its right to do so is the machine's own credential, from the machine's own environment.
   */
  pod: z.object({ id: z.string().min(1), api: z.url() }).nullish(),
});
export type WatchdogConfig = z.infer<typeof WatchdogConfig>;

export interface AgentStatus {
  pid: number;
  version: string;
  kitHash: string;
  startedAt: string;
  services: ServiceStatus[];
  /** `unheardSeconds`: since the last heartbeat; null before the first. `unusedSeconds`: since somebody used it. */
  watchdog: (WatchdogConfig & { armed: boolean; unheardSeconds: number | null; unusedSeconds: number; podGuard: PodGuard | null }) | null;
}

/**
 * In the home of a rented machine's user: where the sentry (src/core/rent/sentry.ts) looks for its sign, the file
 * `sign`. Whoever watches over the machine makes it anew, with the seconds that are left until the deadline in it; without
 * it for long enough, and after the deadline, the sentry stops the machine.
 */
export const SENTRY_FOLDER = ".ai-mentor-sentry";

/** Whether the agent can stop the machine that it runs on. */
export interface PodGuard {
  /** It has read its own machine with its own credential. */
  proven: boolean;
  /** ISO 8601. */
  provenAt: string | null;
  /** Why it is not proven, in plain words. */
  reason: string | null;
}

/** What `agent.mjs start` reads as JSON on its standard input. Never an argument: it holds the key. */
export const AgentStartConfig = z.object({
  /** Bearer key of this session: for the agent, the LLM server and the API. */
  key: z.string().min(32),
  /** Folder that holds `ai-mentor/` and `models/` on the host (HostLayout.root). */
  root: z.string(),
});
export type AgentStartConfig = z.infer<typeof AgentStartConfig>;

/** What `agent.mjs start` prints, and what stands in `<root>/ai-mentor/run/agent.json`. */
export interface AgentAddress {
  pid: number;
  port: number;
  kitHash: string;
  startedAt: string;
}

/**
 * What a service prints on its standard output, one JSON object a line. Whatever else it prints,
 * there or on standard error, is taken as a log line. Readiness is never printed: it is probed.
 */
export type ServiceOutput =
  | { log: string; level?: "debug" | "info" | "warn" | "error" }
  | { progress: Progress }
  /** Somebody used it: a question, an upload, an ingest. Said at most every few seconds. */
  | { activity: true }
  | { error: ErrorReport };

/**
 * A service is started as `node SERVICE.mjs --config FILE` (`-` reads standard input). FILE has
 * mode 0600 and holds the service's configuration and the session's key.
 */
export type ServiceFile<Name extends ServiceName> = ServiceConfigs[Name] & { key: string };
