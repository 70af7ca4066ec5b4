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
  /** Nothing was in the way, there was room, and so it has begun. */
  begun: boolean;
}

export interface Destination {
  /** Tells this upload's lanes from those of another one to the same place. */
  upload: string;
  /** Path on the host. */
  path: string;
  bytes: number;
  chunkBytes: number;
}

/** What the far end was last heard to do, for naming a stall. */
export type LaneBusy = "idle" | "receiving" | "writing" | "checking";

/** A chunk that is being sent. */
export interface Sending {
  /** The line has taken all of it: it can take the next one. */
  taken: Promise<void>;
  /** SHA-256 of what landed. */
  landed: Promise<string>;
}

/**
 * One connection's end on the host for one destination. Calls may overlap; each resolves when the
 * host has answered. Rejects with a MentorError; `host-lost` means that another lane may do better.
 */
export interface UploadLane {
  /** Looks, and begins at once where nothing stands at the destination and `neededBytes` are free. */
  survey(neededBytes: number): Promise<Survey>;
  /** Makes room for the parts to come, and makes this upload the only one that may write there. */
  begin(): Promise<void>;
  /** Writes a chunk. `bytes` stay as they are until both promises have settled. */
  send(index: number, offset: number, bytes: Buffer): Sending;
  /** The hash that the host's journal has by now for a chunk; null when none. */
  claim(index: number): Promise<string | null>;
  /** SHA-256 of what stands on the host's disk; null when it is shorter. */
  check(which: "part" | "final", offset: number, length: number): Promise<string | null>;
  /**
   * Makes the proven part the file (or, with `placed`, notes that the file that is there is it).
   * Another file of that name is renamed; resolves with its new name, or null.
   */
  finish(hashes: { root: string; sha256: string }, placed: boolean): Promise<string | null>;
  /** Last sign of life; null before the first and where the far end gives none. */
  heard(): Heard | null;
  /** Chunks that may be on their way at once so that the line is never idle, from what it has done so far. */
  readonly depth: number;
  /** Lets go of it; what is still on its way is given up. */
  close(): Promise<void>;
}

/** A lane whose far end can get a chunk by itself. */
export interface FetchingLane extends UploadLane {
  /** Has a chunk fetched; it is written only if it has this hash. Rejects with `MirrorRefusal` where the mirror does not give it. */
  fetch(chunk: { index: number; offset: number; length: number }, sha256: string, from: FetchFrom): Promise<Fetched>;
}

/** The same for all that one lane fetches. */
export interface FetchFrom {
  url: string;
  /** Silence after which a chunk is given up. */
  timeoutSeconds: number;
  /** Connections to the mirror. */
  fetchers: number;
}

export interface Fetched {
  /** Of what the mirror gave. */
  sha256: string;
  /** How long it took. */
  seconds: number;
  /** For how long the connection to the mirror had had nothing to do. */
  idleSeconds: number;
}

export interface Heard {
  /** Milliseconds since the epoch. */
  at: number;
  busy: LaneBusy;
  /** Bytes of chunks that the far end has received, proven or not. */
  received: number;
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
