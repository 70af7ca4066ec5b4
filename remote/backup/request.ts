import { z } from "zod";
import type { BackupEmbedding, BackupMilvus, BackupProgress, RowsManifest } from "../../src/contract/backup.ts";
import type { ErrorReport } from "../../src/contract/errors.ts";
import { MilvusTarget } from "../../src/contract/milvus.ts";

const Common = {
  milvus: MilvusTarget,
  /** Name that the course is known by. */
  course: z.string(),
};

/** The first line of the program's standard input, as JSON; it holds a secret. When the input ends, so does the program. */
export const ProgramRequest = z.discriminatedUnion("action", [
  z.object({
    ...Common,
    action: z.literal("export"),
    folder: z.string(),
    documents: z.array(z.object({ file: z.string(), sha256: z.string(), passages: z.number(), ingestedAt: z.string() })),
  }),
  z.object({
    ...Common,
    action: z.literal("import"),
    folder: z.string(),
    /** Part of the new collection's name. */
    token: z.string().regex(/^[0-9a-z]{1,32}$/),
    /** SHA-256 of the model that this session searches with. */
    embedding: z.object({ name: z.string(), sha256: z.string() }),
  }),
  z.object({ ...Common, action: z.literal("undo") }),
]);
export type ProgramRequest = z.infer<typeof ProgramRequest>;

export type Exported = { manifest: RowsManifest } | { manifest: null };
export interface Imported {
  collection: string;
  rows: number;
  documents: number;
  embedding: BackupEmbedding;
  milvus: BackupMilvus;
}

/** What the program prints, one JSON object a line; the last is a result or an error. */
export type ProgramLine = { progress: BackupProgress } | { log: string } | { result: unknown } | { error: ErrorReport };
