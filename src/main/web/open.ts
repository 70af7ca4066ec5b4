import { spawn } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ADDRESS, type Opening, type Surroundings } from "./openings.ts";

/** A window that has not failed within this time has opened. Milliseconds. */
const SETTLED_AFTER = 2_000;

/** Opens the window in a process of its own, which outlives this one. Whether it came up. */
export function open({ argv: [command, ...args] }: Opening, address: string, settledAfter = SETTLED_AFTER): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args.map((word) => word.replace(ADDRESS, address)), { detached: true, stdio: "ignore" });
    const settled = setTimeout(() => resolve(true), settledAfter);
    const answer = (opened: boolean) => {
      clearTimeout(settled);
      resolve(opened);
    };
    child.once("error", () => answer(false));
    // A browser that already runs takes the address over and lets the new process go.
    child.once("exit", (code) => answer(code === 0));
    child.unref();
  });
}

export function hereAndNow(root: string): Surroundings {
  return {
    platform: process.platform,
    env: process.env,
    isRoot: process.getuid?.() === 0,
    root,
    exists: existsSync,
    read: (path) => (existsSync(path) ? readFileSync(path, "utf8") : null),
    find: (program) => {
      const found = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, program)).find(existsSync);
      return found === undefined ? null : realpathSync(found);
    },
  };
}
