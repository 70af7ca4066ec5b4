import { z } from "zod";
import type { ErrorReport } from "./errors.ts";
import type { Progress } from "./progress.ts";

/**
 * A backup of a course. Two kinds:
 *
 *   rows   a folder `COURSE-YYYYMMDD-HHMMSS.backup` with `backup.json` (the label), `manifest.json` and
 *          `rows-00001.parquet` …; restorable on every kind and version of Milvus. Encrypted, all but
 *          the label end in `.age`.
 *   cold   `milvus-backup-YYYYMMDD.tar.gz`, the store's own folder as it lay while Milvus was stopped,
 *          with its label in `milvus-backup-YYYYMMDD.json`; restorable on the same version only.
 */
export const BACKUP_FORMAT = "ai-mentor-backup";
/** Of the label, the manifest and the files; a newer one is refused, an older one is read. */
export const BACKUP_FORMAT_VERSION = 1;

export const BACKUP_KINDS = ["rows", "cold"] as const;
export type BackupKind = (typeof BACKUP_KINDS)[number];

/** Property of a collection that tells courses of one name apart; it goes with the course into backups, and out of them again. */
export const COURSE_ID = "mentor.course.id";

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** A name without any folder in it: it becomes part of a path. */
const FileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,120}$/);

export const BackupFile = z.object({ name: FileName, bytes: z.number().int().nonnegative(), sha256: Sha256 });
export type BackupFile = z.infer<typeof BackupFile>;

/** The model that made the vectors. Vectors of two models cannot be compared. */
export const BackupEmbedding = z.object({ name: z.string(), sha256: z.string(), dimension: z.number().int().positive() });
export type BackupEmbedding = z.infer<typeof BackupEmbedding>;

/** Which Milvus the rows came from. */
export const BackupMilvus = z.object({ kind: z.string(), version: z.string() });
export type BackupMilvus = z.infer<typeof BackupMilvus>;

/** What can be told of a backup without opening it; it is readable even where the rest is encrypted. */
export const BackupLabel = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.number().int().positive(),
  kind: z.enum(BACKUP_KINDS),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  course: z.string(),
  /** Of the course itself, whatever it is called; courses of an earlier version have none, and cold copies say none. */
  courseId: z.string().optional(),
  createdAt: z.string(),
  /** When all of it was read back and found equal to the course; null: never. */
  provenAt: z.string().nullable(),
  /** The host that the course lay on, for people. */
  host: z.string(),
  appVersion: z.string(),
  milvus: BackupMilvus,
  /** null in a cold copy, where nobody looked inside. */
  embedding: BackupEmbedding.nullable(),
  rows: z.number().int().nonnegative().nullable(),
  documents: z.number().int().nonnegative().nullable(),
  /** Of the course's documents, the number of its rows and its search model: equal where nothing has changed since. */
  fingerprint: Sha256.nullable(),
  encrypted: z.boolean(),
  /** As they lie here. */
  files: z.array(BackupFile).min(1),
  /** SHA-256 of the label without this field. It finds what was altered by accident, not by a forger. */
  seal: Sha256,
});
export type BackupLabel = z.infer<typeof BackupLabel>;

/** A field of the collection, in Milvus' own words. */
export const BackupField = z.object({
  name: z.string(),
  type: z.string(),
  primaryKey: z.boolean().optional(),
  autoId: z.boolean().optional(),
  nullable: z.boolean().optional(),
  params: z.record(z.string(), z.string()),
});
export type BackupField = z.infer<typeof BackupField>;

/** `manifest.json`: what is needed to make the collection again, and to prove that it is the same. */
export const RowsManifest = z.object({
  format: z.literal(BACKUP_FORMAT),
  version: z.number().int().positive(),
  collection: z.string(),
  aliases: z.array(z.string()),
  properties: z.record(z.string(), z.string()),
  fields: z.array(BackupField),
  indexes: z.array(z.object({ field: z.string(), params: z.record(z.string(), z.string()) })),
  dynamicFields: z.boolean(),
  milvus: BackupMilvus,
  embedding: BackupEmbedding,
  /** The source files that the rows were made from. */
  documents: z.array(z.object({ file: z.string(), sha256: z.string(), passages: z.number().int(), ingestedAt: z.string() })),
  /** Rows with a key of their own; what a reader of the course sees. */
  rows: z.number().int().nonnegative(),
  /** Older rows under a key that a newer row has too, which some kinds of Milvus keep. They are not in the backup. */
  shadowed: z.number().int().nonnegative(),
  /** SHA-256 over all rows in the order of their keys; how a row becomes bytes: remote/backup/content-hash.ts. */
  contentSha256: Sha256,
  parts: z.array(BackupFile.extend({ rows: z.number().int().positive(), firstKey: z.string(), lastKey: z.string() })),
});
export type RowsManifest = z.infer<typeof RowsManifest>;

/** A backup as a list shows it. */
export interface Backup {
  /** Absolute path on this computer, of the folder or of the archive: its identity. */
  path: string;
  /** Its last part. */
  name: string;
  kind: BackupKind;
  course: string | null;
  courseId?: string;
  /** ISO 8601. */
  createdAt: string | null;
  /** ISO 8601: when it was last read back whole and found right; null: never. */
  provenAt: string | null;
  host: string | null;
  milvus: BackupMilvus | null;
  embedding: BackupEmbedding | null;
  rows: number | null;
  documents: number | null;
  /** On this disk. */
  bytes: number;
  encrypted: boolean;
  /** Why it cannot be restored, as far as its label tells; null when nothing speaks against it. */
  problem: ErrorReport | null;
}

export interface BackupList {
  /** Where backups are kept, on the stick of the session or the one asked for, or where the settings say. */
  folder: string;
  freeBytes: number | null;
  /** Newest first; those that cannot be read are last. */
  backups: Backup[];
}

export const BACKUP_PHASES = ["pause", "export", "prove", "fetch", "write", "check", "send", "insert", "index", "switch", "embed", "pack", "unpack"] as const;
export type BackupPhase = (typeof BACKUP_PHASES)[number];

export interface BackupProgress extends Progress {
  phase: BackupPhase;
}

/** `skipped`: nothing has changed since this backup, which was read and proven once more, so none was made. */
export interface BackupCreated {
  backup: Backup;
  skipped: boolean;
  /** The course was changed while the backup was brought here: it holds the course as it was at its beginning. */
  changedSince: boolean;
  /** Made room by the rule. */
  pruned: Backup[];
  seconds: number;
}

export interface BackupVerified {
  backup: Backup;
  bytes: number;
  seconds: number;
}

export interface BackupRestored {
  backup: Backup | null;
  collection: string;
  rows: number;
  documents: number;
  /** Vectors were made anew from the text, because the backup's came from another model. */
  embeddedAnew: boolean;
  /** The course as it was before is kept until the next restore, and can be had back. */
  undoable: boolean;
  seconds: number;
}

export type BackupCreateEvent = { type: "progress"; progress: BackupProgress } | { type: "done"; result: BackupCreated };
export type BackupVerifyEvent = { type: "progress"; progress: BackupProgress } | { type: "done"; result: BackupVerified };
export type BackupRestoreEvent = { type: "progress"; progress: BackupProgress } | { type: "done"; result: BackupRestored };

export interface BackupPruned {
  removed: Backup[];
  kept: Backup[];
}

export const BackupCreateRequest = z.object({
  /** Folder that keeps backups; default: the list's. */
  folder: z.string().optional(),
  /** Encrypts it; default: the kept passphrase, where one is kept. Used now, never stored. */
  passphrase: z.string().min(1).optional(),
  kind: z.enum(BACKUP_KINDS).optional(),
  /** A copy of a whole store is never encrypted; where a passphrase is given or kept it is made only when this says so. */
  unencrypted: z.boolean().optional(),
  /** Also when nothing has changed since the last one. */
  always: z.boolean().optional(),
});
export type BackupCreateRequest = z.infer<typeof BackupCreateRequest>;

export const BackupVerifyRequest = z.object({ path: z.string(), passphrase: z.string().min(1).optional() });
export type BackupVerifyRequest = z.infer<typeof BackupVerifyRequest>;

export const BackupRestoreRequest = z.object({
  path: z.string(),
  passphrase: z.string().min(1).optional(),
  /** Makes the vectors anew from the text where the backup's come from another model, instead of refusing. */
  embedAnew: z.boolean().optional(),
});
export type BackupRestoreRequest = z.infer<typeof BackupRestoreRequest>;

/** When a session makes a backup by itself at Stop. "away": where the course lies on another computer. */
export const BACKUP_AT_STOP = ["away", "always", "never"] as const;

export const BackupSettings = z.object({
  /** null: `backups` on the session's stick, or in the data folder where the stick is read-only. */
  folder: z.string().nullable().default(null),
  atStop: z.enum(BACKUP_AT_STOP).default("away"),
  /** The newest ones of each course that are kept, beside one for each of the last seven days with any. */
  keep: z.number().int().min(1).max(100).default(5),
});
export type BackupSettings = z.infer<typeof BackupSettings>;

/**
 * How a backup comes from the API and goes to it. Files go to the host as an upload, into
 * `incoming/ID` of the API's backup folder (HostLayout.backups).
 *
 *   GET    /api/backup                              CourseState
 *   POST   /api/backup/exports                      BackupLine as NDJSON; the last is `exported`
 *   GET    /api/backup/exports/ID/NAME?offset=N     the file's bytes from N on
 *   DELETE /api/backup/exports/ID
 *   POST   /api/backup/restore                      body RestoreOrder; BackupLine as NDJSON; the last is `restored`
 *   POST   /api/backup/undo                         the same
 */
export interface CourseState {
  /** null where there is no course yet. */
  fingerprint: string | null;
  rows: number;
  documents: number;
  milvus: BackupMilvus;
}

/** A proven export that waits on the host to be fetched. */
export interface HostExport {
  id: string;
  createdAt: string;
  fingerprint: string;
  manifest: RowsManifest;
  /** The manifest's file first. */
  files: BackupFile[];
}

export const RestoreOrder = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/), embedAnew: z.boolean().optional() });
export type RestoreOrder = z.infer<typeof RestoreOrder>;

export interface HostRestored {
  collection: string;
  rows: number;
  documents: number;
  embeddedAnew: boolean;
}

export type BackupLine =
  | { type: "progress"; progress: BackupProgress }
  /** null: there is no course yet. */
  | { type: "exported"; exported: HostExport | null }
  | { type: "restored"; restored: HostRestored }
  | { type: "error"; error: ErrorReport };
