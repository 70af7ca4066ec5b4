import { z } from "zod";
import type { IngestEvent } from "./chat.ts";
import type { ErrorReport } from "./errors.ts";

/**
 * How a course comes to the API, in three calls that can each be repeated after a cut:
 *
 *   POST /api/ingest/manifest                           body IngestManifest; answers IngestNeeds
 *   PUT  /api/ingest/files/SHA256?bytes=TOTAL&offset=N  body: the file's bytes from N on; answers FileReceipt
 *   POST /api/ingest                                    body IngestRequest; answers IngestLine as NDJSON
 *
 * A file's name is only ever data: bytes are sent and kept under their hash.
 */
export const COURSE_EXTENSIONS: readonly string[] = [".pdf", ".md", ".markdown", ".txt", ".html", ".htm", ".docx", ".pptx"];

/** A course file above this is refused: it would not fit into memory when it is read. Bytes. */
export const COURSE_FILE_MAX_BYTES = 512 * 1024 * 1024;

/** Whether a name is one of course material; what starts with a dot or `~$` is an editor's own file. */
export function isCourseFile(name: string): boolean {
  const base = name.slice(name.lastIndexOf("/") + 1);
  return !base.startsWith(".") && !base.startsWith("~$") && COURSE_EXTENSIONS.some((extension) => base.toLowerCase().endsWith(extension));
}

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const CourseFile = z.object({
  /** Relative to the course folder, with `/` between folders. */
  file: z.string().min(1).max(1000),
  sha256: Sha256,
});

export const IngestManifest = z.object({ files: z.array(CourseFile.extend({ bytes: z.number().int().nonnegative() })), overwrite: z.boolean().optional() });
export type IngestManifest = z.infer<typeof IngestManifest>;

/** What must still be sent; whatever is unchanged or has arrived is left out. */
export interface IngestNeeds {
  needed: { sha256: string; have: number }[];
}

export interface FileReceipt {
  /** Bytes that are there now. */
  have: number;
  /** All of them are there and have the hash. */
  complete: boolean;
}

export const IngestRequest = z.union([
  z.object({
    files: z.array(CourseFile),
    /** Reads unchanged documents again, and removes the documents that are not named. */
    overwrite: z.boolean().optional(),
  }),
  z.object({
    /** A folder on the host itself. */
    directory: z.string().min(1),
    overwrite: z.boolean().optional(),
  }),
]);
export type IngestRequest = z.infer<typeof IngestRequest>;

/** One line of the answer. An error is the last one. */
export type IngestLine = IngestEvent | { type: "error"; error: ErrorReport };
