import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/**
 * A process, told apart from a later one that got the same number: only a process whose start
 * time is the recorded one is ever signalled.
 */
export interface ProcessIdentity {
  pid: number;
  /** As the system writes it: clock ticks since boot on Linux, a date elsewhere. */
  startedAt: string;
}

/** null when there is no such process (any more), or it is a zombie. */
export function identify(pid: number): ProcessIdentity | null {
  if (process.platform === "linux") {
    const fields = statFields(pid);
    return fields === null || fields[0] === "Z" ? null : { pid, startedAt: fields[19]! };
  }
  if (process.platform === "win32") return isAlive(pid) ? { pid, startedAt: "" } : null;
  try {
    const startedAt = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    return startedAt === "" ? null : { pid, startedAt };
  } catch {
    return null;
  }
}

/** Of this run of the machine; empty where the system does not tell. */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "";
  }
}

export function isSame(recorded: ProcessIdentity): boolean {
  return identify(recorded.pid)?.startedAt === recorded.startedAt;
}

/** Sends a signal to a whole process group; a group that is gone already is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    if (process.platform === "win32") execFileSync("taskkill", ["/pid", String(leader), "/T", "/F"], { stdio: "ignore" });
    else process.kill(-leader, signal);
  } catch {
    // Gone, or never had a group of its own.
  }
}

/**
 * Numbers of the processes that carry `NAME=value` in the environment they were started with. On
 * systems without /proc none can be found this way.
 */
export function withEnvironment(assignment: string): number[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readFileSync(`/proc/${entry}/environ`, "utf8").split("\0").includes(assignment) ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Fields of /proc/PID/stat after the name, which may itself hold spaces and brackets. */
function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
