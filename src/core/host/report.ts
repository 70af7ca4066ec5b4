/** What a host is and has, as far as a session needs to know before it starts anything. */
export interface HostReport {
  platform: "linux" | "darwin" | "win32" | "other";
  arch: "x64" | "arm64" | "other";
  /** "2.36"; null where there is no GNU libc. */
  glibc: string | null;
  cpus: number;
  /** Bytes; a container's own limit where it is lower than the machine's. */
  memoryBytes: number;
  /** Bytes that can be taken without swapping. */
  memoryAvailableBytes: number;
  gpus: Gpu[];
  /** Newest usable Python; null when there is none from 3.10 to 3.13. */
  python: Python | null;
  /** What could install a missing program there; null where the account may not, or on this computer. */
  packageClient: "apt-get" | null;
  /** Folder under which everything of ours lives. */
  root: string;
  /** Bytes free where `root` is. */
  diskFreeBytes: number;
  /** Where a network volume is mounted, which outlives this machine; null where there is none. */
  networkVolume: string | null;
  /** Whether a program may have a network of its own there (Linux). */
  networkNamespace: boolean;
  /** Listening TCP ports, as far as they can be seen. */
  portsInUse: number[];
  /** An agent of an earlier session has left its address. */
  agentSeen: boolean;
}

export interface Gpu {
  name: string;
  memoryBytes: number;
  memoryFreeBytes: number;
  /** "570.86.15" */
  driver: string;
}

export interface Python {
  path: string;
  version: string;
  /** Wheel tag, "cp311". */
  tag: PythonTag;
}

/** The Python versions for which the kit's packages are pinned, newest first. */
export const PYTHON_MINORS = [13, 12, 11, 10] as const;
export type PythonTag = `cp3${(typeof PYTHON_MINORS)[number]}`;

/** "3.11.7" → "cp311"; null when no packages are pinned for it. */
export function pythonTag(version: string): PythonTag | null {
  const minor = PYTHON_MINORS.find((known) => version.startsWith(`3.${known}.`));
  return minor === undefined ? null : `cp3${minor}`;
}
