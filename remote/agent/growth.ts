import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/**
 * Whether anything in some folders has changed between two looks. What was seen is compared with what
 * is seen, and no file's time with a clock: the disk may be another machine's, with a clock of its own.
 */
export class Growth {
  readonly #folders: () => string[];
  #seen: string;

  constructor(folders: () => string[]) {
    this.#folders = folders;
    this.#seen = this.#look();
  }

  /** Since this was asked last. */
  changed(): boolean {
    const before = this.#seen;
    this.#seen = this.#look();
    return this.#seen !== before;
  }

  #look(): string {
    return this.#folders().flatMap((folder) => namesIn(folder, true).map((name) => sightOf(join(folder, name)))).join("\n");
  }
}

/** None where there is no such folder. */
export function namesIn(folder: string, recursive = false): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: "utf8" });
  } catch {
    return [];
  }
}

function sightOf(path: string): string {
  const { size, mtimeMs } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
  return `${path} ${size} ${mtimeMs}`;
}
