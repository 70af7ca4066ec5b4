import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { MentorError } from "../../src/contract/errors.ts";

/**
 * Runs a program to its end and returns its standard output; every line of either stream is also
 * given to `onLine`.
 *
 * @throws MentorError kit-unavailable when it is missing (with `advice`) or fails
 */
export async function runProgram(
  argv: readonly string[],
  options: { purpose: string; advice: string; signal?: AbortSignal; onLine?: (line: string) => void; cwd?: string },
): Promise<string> {
  const { purpose, advice, signal, onLine } = options;
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ["ignore", "pipe", "pipe"], signal, cwd: options.cwd });
  const output: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    output.push(line);
    onLine?.(line);
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    errors.push(line);
    onLine?.(line);
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new MentorError("kit-unavailable", `${purpose} needs the program "${argv[0]}", which is not on this computer.`, { advice, cause: error }) : error),
    );
    child.once("close", resolve);
  });
  signal?.throwIfAborted();
  if (exitCode === 0) return output.join("\n");
  const cause = new Error(errors.slice(-20).join("\n"));
  if (/hashes? .*(mismatch|do not match)|DO NOT MATCH THE HASHES/i.test(cause.message)) {
    throw new MentorError("kit-corrupt", `${purpose}: the registry sent another file than the one this version knows.`, { cause });
  }
  throw new MentorError("kit-unavailable", `${purpose} did not work: ${errors.findLast((line) => /error/i.test(line)) ?? `"${argv[0]}" ended with exit code ${exitCode}`}`, { cause });
}
