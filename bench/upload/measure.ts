import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** What one run of a program cost, and how the file grew meanwhile. */
export interface Measured {
  seconds: number;
  exitCode: number | null;
  timedOut: boolean;
  /** CPU seconds of the program and all its descendants on the desktop's side. */
  cpuSeconds: number;
  peakRssBytes: number;
  samples: Sample[];
  /** The end of its output, for telling why it failed. */
  output: string;
}

/** Bytes that stood in the pod's folder after so many seconds. */
export interface Sample {
  seconds: number;
  bytes: number;
}

const SAMPLE_MS = 200;
const KILL_AFTER_MS = 5_000;

/**
 * Runs a command line and tells on descriptor 3 what it used, its descendants included: only the
 * kernel's own account misses none that came and went between two looks. Ours to outlive a SIGTERM.
 */
const ACCOUNTANT = `
import json, os, resource, signal, subprocess, sys
signal.signal(signal.SIGTERM, lambda *_: None)
child = subprocess.Popen(sys.argv[1:])
code = child.wait()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
os.write(3, json.dumps({"cpuSeconds": used.ru_utime + used.ru_stime}).encode())
sys.exit(code if code >= 0 else 1)`;

/** Runs `command` in a network namespace; ends it after `limitSeconds`, or when the signal says so. `folder` is where the file grows. */
export async function measure(command: readonly string[], namespace: string, folder: string, limitSeconds: number, signal: AbortSignal): Promise<Measured> {
  signal.throwIfAborted();
  const words = ["-c", ACCOUNTANT, "ip", "netns", "exec", namespace, ...command];
  const started = performance.now();
  const child = spawn("python3", words, { detached: true, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  let output = "";
  let account = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-2_000)));
  (child.stdio[3] as NodeJS.ReadableStream).setEncoding("utf8").on("data", (text: string) => (account += text));

  const samples: Sample[] = [];
  let peakRssBytes = 0;
  let timedOut = false;
  const look = () => {
    samples.push({ seconds: (performance.now() - started) / 1000, bytes: bytesIn(folder) });
    peakRssBytes = Math.max(peakRssBytes, residentBytes(child.pid!));
  };
  const looking = setInterval(look, SAMPLE_MS);
  const kill = (name: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, name);
    } catch {
      // It ended by itself just now.
    }
  };
  let killing: NodeJS.Timeout | undefined;
  const end = () => {
    timedOut = true;
    kill("SIGTERM");
    killing ??= setTimeout(() => kill("SIGKILL"), KILL_AFTER_MS);
  };
  const limit = setTimeout(end, limitSeconds * 1000);
  signal.addEventListener("abort", end, { once: true });
  const ended = await new Promise<{ exitCode: number | null; at: number }>((resolve, reject) => {
    let at = 0;
    child.once("error", reject);
    child.once("exit", () => (at = performance.now()));
    child.once("close", (exitCode) => resolve({ exitCode, at }));
  }).finally(() => {
    clearInterval(looking);
    clearTimeout(limit);
    clearTimeout(killing);
    signal.removeEventListener("abort", end);
  });
  signal.throwIfAborted();
  const { cpuSeconds } = { cpuSeconds: NaN, ...(JSON.parse(account || "{}") as { cpuSeconds?: number }) };
  const seconds = timedOut ? limitSeconds : (ended.at - started) / 1000;
  return { seconds, exitCode: ended.exitCode, timedOut, cpuSeconds, peakRssBytes, samples, output };
}

/** Bytes per second between a fifth and four fifths of the file; null where that was too quick to see. */
export function steadyRate(samples: readonly Sample[], total: number): number | null {
  const first = samples.find(({ bytes }) => bytes >= total * 0.2);
  const last = samples.findLast(({ bytes }) => bytes <= total * 0.8);
  if (first === undefined || last === undefined || last.seconds - first.seconds < 2 * (SAMPLE_MS / 1000)) return null;
  return (last.bytes - first.bytes) / (last.seconds - first.seconds);
}

/** What is allocated, not sizes: a file that is written at offsets has its full size early. */
export function bytesIn(folder: string): number {
  let sum = 0;
  for (const name of readdirSync(folder)) sum += statSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0;
  return sum * 512;
}

/** Resident memory of all descendants of a process, itself left out: it is only the accountant. */
function residentBytes(root: number): number {
  const children = new Map<number, number[]>();
  const resident = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [pid, parent] = [Number(name), Number(fields[1])];
      resident.set(pid, Number(fields[21]) * 4096);
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // It ended while we looked.
    }
  }
  const sum = (pid: number): number => (children.get(pid) ?? []).reduce((total, child) => total + (resident.get(child) ?? 0) + sum(child), 0);
  return sum(root);
}
