import { MentorError } from "../../contract/errors.ts";

/** What the host knows of a destination before anything is sent. */
export interface Survey {
  /** Size in bytes of the file that stands there; null when there is none. */
  finalBytes: number | null;
  /** Hashes of that file, if we put it there and nobody has touched it since. */
  proven: { root: string; sha256: string } | null;
  /** Hashes of chunks that have landed, by index: a claim of the host's journal, to be checked. */
  chunks: Map<number, string>;
  freeBytes: number;
  /** Bytes that an unfinished upload already takes up on the disk. */
  partBytes: number;
}

export interface Destination {
  /** Path on the host. */
  path: string;
  bytes: number;
  chunkBytes: number;
}

/** What the far end was last heard to do, for naming a stall. */
export type LaneBusy = "idle" | "receiving" | "writing" | "checking";

/**
 * One connection's end on the host for one destination. Calls may overlap; each resolves when the
 * host has answered. Rejects with a MentorError; `host-lost` means that another lane may do better.
 */
export interface UploadLane {
  survey(): Promise<Survey>;
  /** Makes room for the parts to come. */
  begin(): Promise<void>;
  /** Writes a chunk and resolves with the SHA-256 of what landed. */
  send(index: number, offset: number, bytes: Buffer): Promise<string>;
  /** SHA-256 of what stands on the host's disk; null when it is shorter. */
  check(which: "part" | "final", offset: number, length: number): Promise<string | null>;
  /**
   * Makes the proven part the file (or, with `placed`, notes that the file that is there is it).
   * Another file of that name is renamed; resolves with its new name, or null.
   */
  finish(hashes: { root: string; sha256: string }, placed: boolean): Promise<string | null>;
  /** Last sign of life; null before the first and where the far end gives none. */
  heard(): { at: number; busy: LaneBusy } | null;
  close(): Promise<void>;
}

export type OpenLane = (signal: AbortSignal) => Promise<UploadLane>;

/** Name under which a file that is in the way is kept: "model.gguf.kept-20261123T064500Z". */
export function asideSuffix(now: number): string {
  return `kept-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`;
}

/** `label` names the host, `path` the file on it. */
export function hostDiskFull(label: string, path: string, cause: unknown): MentorError {
  return new MentorError("disk-full", `The disk of ${label} is full: ${path} could not be written to its end.`, { cause });
}
