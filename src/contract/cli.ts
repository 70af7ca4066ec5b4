import type { BackupCreated, BackupList, BackupPruned, BackupRestored, BackupVerified } from "./backup.ts";
import type { ChatAnswer, IngestResult } from "./chat.ts";
import type { EndpointKey } from "./endpoint.ts";
import type { ErrorReport } from "./errors.ts";
import type { StepId } from "./plan.ts";
import type { RehearsalResult } from "./rehearsal.ts";
import type { NetworkVolume, PodOfOurs, Quote } from "./rent.ts";
import type { Receipt, SessionSnapshot } from "./session.ts";
import type { Stick } from "./stick.ts";
import type { MilvusImage } from "./milvus.ts";
import type { UploadResult } from "./upload.ts";

/** The last JSON line of every command run with `--json`. Scripts rest on these shapes. */
export interface CliAnswer {
  text: string;
  sources: { file: string; section: string | null; page: number | null; score: number }[];
}

export interface StepTiming {
  id: StepId;
  startedAt: string;
  seconds: number;
}

export interface CliResults {
  start: { ready: true; session: SessionSnapshot; steps: StepTiming[]; firstTokenSeconds: number | null };
  status: { session: SessionSnapshot };
  logs: { lines: number };
  stop: { stopped: true; session: SessionSnapshot };
  ask: { question: string; answer: CliAnswer; nothingFound: boolean; firstTokenSeconds: number };
  ingest: { ingested: IngestResult };
  sticks: { sticks: Stick[] };
  quote: { quote: Quote };
  extend: { session: SessionSnapshot };
  receipt: { receipts: Receipt[] };
  pods: { pods: PodOfOurs[] };
  volumes: { volumes: NetworkVolume[] };
  rehearse: { rehearsed: RehearsalResult };
  upload: { uploaded: UploadResult };
  "milvus-image": { image: MilvusImage & { folder: string; bytes: number } };
  "secret set": { kept: EndpointKey };
  "secret remove": { removed: EndpointKey };
  "secret list": { secrets: EndpointKey[] };
  "backup create": { created: BackupCreated };
  "backup list": BackupList;
  "backup verify": { verified: BackupVerified };
  "backup restore": { restored: BackupRestored };
  "backup passphrase": { kept: boolean };
  "backup prune": { pruned: BackupPruned };
  practice: { ready: true; stick: string; steps: StepTiming[]; firstTokenSeconds: number; answer: CliAnswer };
}

/** What stands in the last line instead when a command fails. */
export interface CliFailure {
  error: ErrorReport;
}

export const EXIT = { done: 0, failed: 1, usage: 2, cancelled: 130 } as const;

/** The short form of an answer that scripts and people read. */
export function toCliAnswer(answer: ChatAnswer): CliAnswer {
  return {
    text: answer.answer,
    sources: answer.sources.map(({ score, metadata: { file, section, page } }) => ({ file, section, page, score })),
  };
}
