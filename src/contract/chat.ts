import { z } from "zod";

/**
 * The HTTP and WebSocket shapes of the API on 8000. They are the original backend's, kept so that
 * existing front ends go on working; what is new is added beside, never instead.
 */

export const ChatRequest = z.object({
  message: z.string(),
  conversation_id: z.string().max(200).optional(),
  /** So many of the last turns of this conversation were taken back: they are forgotten before this question is answered. */
  forget_turns: z.number().int().min(0).max(100).optional(),
});
export type ChatRequest = z.infer<typeof ChatRequest>;

export interface SourceMetadata {
  /** File name relative to the course folder. */
  file: string;
  /** Heading the passage stands under; null where the document has none. */
  section: string | null;
  /** Page or slide, counted from 1; null where the format has none. */
  page: number | null;
  /** Position of the passage in its document, counted from 0. */
  passage: number;
}

export interface ChatSource {
  text: string;
  /** Cosine similarity, -1 to 1. */
  score: number;
  metadata: SourceMetadata;
}

export interface ChatAnswer {
  answer: string;
  sources: ChatSource[];
  question: string;
  interaction_id: string;
  /** True when nothing in the material fits the question; the answer then says so. */
  nothing_found: boolean;
  /** Seconds from the question's arrival to the first token of the answer. */
  first_token_seconds: number;
  /** What did not fit into the model's context and was left out; missing where all of it was read. */
  left_out?: { turns: boolean; passages: number };
}

/** What `/ws/chat` sends. */
export type ChatEvent =
  | { type: "workflow"; node: "retrieve" | "generate"; message: string }
  | { type: "token"; content: string }
  | ({ type: "complete" } & ChatAnswer)
  | { type: "error"; message: string; code: string };

export interface ServiceHealth {
  status: "ok" | "degraded" | "starting";
  services: { api: boolean; llm: boolean; vector_db: boolean };
}

/** One line of `/api/ingest`'s NDJSON stream. */
export type IngestEvent =
  /** Added by the client while it sends files to the host: bytes of all files together. */
  | { type: "sending"; file: string; bytes: number; of: number }
  | { type: "file"; file: string; index: number; files: number }
  | { type: "embedded"; file: string; passages: number; of: number }
  | { type: "file-done"; file: string; passages: number; unchanged: boolean }
  | { type: "file-failed"; file: string; message: string }
  | ({ type: "complete" } & IngestResult);

export interface IngestResult {
  documents: number;
  passages: number;
  unchanged: number;
  failed: { file: string; message: string }[];
  seconds: number;
}

export interface CourseDocument {
  file: string;
  passages: number;
  /** ISO 8601. */
  ingestedAt: string;
  sha256: string;
}

/** Outcome of the API's own test on a known page and question. */
export interface SelfCheckResult {
  passed: boolean;
  firstTokenSeconds: number;
  /** What was expected and what came, when it did not pass. */
  reason: string | null;
}
