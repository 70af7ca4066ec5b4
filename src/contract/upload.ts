import type { Progress } from "./progress.ts";

export interface UploadRequest {
  /** File on this computer. */
  file: string;
  address: string;
  identity: string;
  passphrase?: string;
  trustFingerprint?: string;
  /** Folder on the host. */
  to: string;
  /** Address of the same file, from which the host may fetch parts of it; default: none. */
  mirror?: string;
}

export interface UploadProgress extends Progress {
  unit: "bytes";
  /** Connections in use. */
  lanes: number;
  /** Chunks sent again so far. */
  retries: number;
  /** Named within 5 s of the last proof from the host; null while all goes well. */
  stall: "no-acknowledgement" | "slow-disk" | "slow-stick" | "slow-line" | null;
}

export interface UploadResult {
  /** Path on the host. */
  path: string;
  bytes: number;
  sha256: string;
  /** Bytes that crossed the line, those sent twice included; 0 when the file was there and proven. */
  bytesSent: number;
  /** Bytes that an earlier attempt had brought, proven by hash and not sent again. */
  bytesKept: number;
  /** Proven bytes that the host fetched from a mirror, where one was allowed. */
  bytesFromMirror: number;
  /** Why the mirror was given up, as the end of a sentence; absent where it was not. */
  mirrorFault?: string;
  seconds: number;
  skipped: boolean;
  /** The published model that it is, or (`genuine` false) only looks like; absent for a file that nobody knows. */
  published?: { name: string; genuine: boolean };
  /** New name of another file that stood there. */
  keptAside?: string;
}
