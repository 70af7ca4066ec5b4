import type { Link } from "./link.ts";

/** One file's way: `file` is to stand in the pod's `folder` under its own name. Absolute paths. */
export interface Job {
  link: Link;
  file: string;
  folder: string;
  /** An empty folder for whatever the tool must keep. */
  scratch: string;
  /** Where the pod may get the same file, on a profile with a mirror. */
  mirrorUrl?: string;
}

/** Something that brings a file to a host; it runs on the desktop's side as a process of its own. */
export interface Tool {
  name: string;
  /** Why it cannot run here; null when it can. */
  missing(): string | null;
  command(job: Job): string[];
}
