import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Clock, Drives, Volume } from "../../core/ports.ts";
import { DISKUTIL, parseDiskutil, PLUTIL } from "./diskutil.ts";
import { loadDrivelist, volumesOfDrives } from "./drivelist.ts";
import { LSBLK, parseLsblk } from "./lsblk.ts";
import { parsePowershell, POWERSHELL } from "./powershell.ts";

const run = promisify(execFile);

const POLL_MS = 2_000;
const TOOL_TIMEOUT_MS = 20_000;

export interface DrivesOptions {
  clock: Clock;
  /** What asks the system; replaced in tests. */
  list?: () => Promise<Volume[]>;
}

/**
 * The removable volumes of this computer. Where the system cannot be asked at all, there are none:
 * a folder can still be chosen by hand.
 */
export function systemDrives({ clock, list }: DrivesOptions): Drives {
  const lister = list === undefined ? chooseLister() : Promise.resolve(list);
  const listSorted = async (): Promise<Volume[]> => {
    const volumes = await (await lister)();
    const byPath = new Map(volumes.map((volume) => [volume.path, volume]));
    return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  };
  return {
    list: () => listSorted().catch(() => []),
    /** The first call comes with what is there at the start. */
    async watch(onChange, signal) {
      let last: string | null = null;
      while (!signal.aborted) {
        // One failed look is no proof that a stick is gone.
        const volumes = await listSorted().catch(() => null);
        if (signal.aborted) return;
        const seen = JSON.stringify(volumes);
        if (volumes !== null && seen !== last) {
          last = seen;
          onChange(volumes);
        }
        await clock.sleep(POLL_MS, signal).catch(() => {});
      }
    },
  };
}

/**
 * drivelist first; where it cannot be loaded or fails, the system's own tool, and then for good.
 * On Linux the tool at once: there drivelist only calls lsblk, and loses what lsblk loses.
 */
async function chooseLister(): Promise<() => Promise<Volume[]>> {
  const own = systemTool(process.platform);
  const drivelist = process.platform === "linux" ? null : await loadDrivelist();
  if (drivelist === null) return own;
  let works = true;
  return async () => {
    if (works) {
      try {
        return volumesOfDrives(await drivelist());
      } catch {
        works = false;
      }
    }
    return await own();
  };
}

export function systemTool(platform: NodeJS.Platform): () => Promise<Volume[]> {
  if (platform === "win32") return async () => parsePowershell(await output("powershell.exe", POWERSHELL));
  if (platform === "darwin") return async () => parseDiskutil(await output("/usr/bin/plutil", PLUTIL, await output("/usr/sbin/diskutil", DISKUTIL)));
  return async () => parseLsblk(await output("lsblk", LSBLK), await readFile("/proc/self/mountinfo", "utf8"));
}

async function output(command: string, args: readonly string[], input?: string): Promise<string> {
  const running = run(command, args, { timeout: TOOL_TIMEOUT_MS, maxBuffer: 16 * 2 ** 20, windowsHide: true });
  running.child.stdin?.end(input);
  return (await running).stdout;
}
