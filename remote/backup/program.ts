import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { BackupProgress } from "../../src/contract/backup.ts";
import { fromErrorReport, MentorError } from "../../src/contract/errors.ts";
import type { ProgramLine, ProgramRequest } from "./request.ts";

/** Megabytes of V8's heap, old and young: without a word V8 lets garbage grow to half a gigabyte before it collects any. */
export const PROGRAM_FLAGS = ["--max-old-space-size=128", "--max-semi-space-size=4"];
/**
 * Bytes from which glibc asks the system for memory and gives it back at once (mallopt(3), M_MMAP_THRESHOLD). Left
 * to itself it raises the bound to 32 MB with the first buffers that are freed, and keeps 50 MB of torn-up heap.
 */
export const PROGRAM_ENVIRONMENT = { MALLOC_MMAP_THRESHOLD_: String(128 << 10) };

/** How long it may take to leave after it was asked to. */
const GRACE_MS = 10_000;

/**
 * Runs the backup program: yields its progress and returns its result. An abort, and leaving the
 * iteration, end it.
 *
 * @throws MentorError the program's own; backup-failed or restore-failed when it ended without a word
 */
export async function* runBackupProgram<Result>(program: string, request: ProgramRequest, signal: AbortSignal, log: (text: string) => void): AsyncGenerator<BackupProgress, Result> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [...PROGRAM_FLAGS, ...(request.milvus.tls ? ["--use-system-ca"] : []), program], { env: { ...process.env, ...PROGRAM_ENVIRONMENT }, stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (text) => (said = (said + String(text)).slice(-4000)));
  child.stdin.on("error", () => {});
  // Its input stays open for as long as we live: that is how it knows.
  child.stdin.write(`${JSON.stringify(request)}\n`);
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  exited.catch(() => {});
  const end = () => {
    child.stdin.end();
    const hard = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    exited.finally(() => clearTimeout(hard)).catch(() => {});
  };
  signal.addEventListener("abort", end, { once: true });
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const line = JSON.parse(text) as ProgramLine;
      if ("progress" in line) yield line.progress;
      else if ("log" in line) log(line.log);
      else if ("error" in line) {
        signal.throwIfAborted();
        throw fromErrorReport(line.error);
      } else return line.result as Result;
    }
    const exit = await exited;
    signal.throwIfAborted();
    throw endedEarly(request.action, new Error(said.trim() || `exit code ${exit}`));
  } finally {
    signal.removeEventListener("abort", end);
    end();
    await exited.catch(() => {});
  }
}

function endedEarly(action: ProgramRequest["action"], cause: Error): MentorError {
  const message = "The backup program on the host ended before it was done.";
  if (action === "export") return new MentorError("backup-failed", message, { advice: "Press Retry: the course is read anew, from its beginning.", cause });
  return new MentorError("restore-failed", message, { advice: action === "import" ? "Press Retry: it goes on with the rows that have arrived." : "Press Retry: it is finished then.", cause });
}
