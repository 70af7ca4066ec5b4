import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** When a file of this folder was last written to, in milliseconds since the epoch: an upload shows here. 0 for none. */
export function newestChange(folder: string): number {
  try {
    return Math.max(0, ...readdirSync(folder).map((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0));
  } catch {
    return 0;
  }
}
