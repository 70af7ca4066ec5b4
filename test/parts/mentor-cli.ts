import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identify } from "../../remote/agent/process-identity.ts";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import type { CliFailure, CliResults } from "../../src/contract/cli.ts";
import type { StepState } from "../../src/contract/session.ts";
import type { CoreAddress } from "../../src/main/host/address.ts";

const MAIN = join(import.meta.dirname, "../../src/main/cli/main.ts");

/** Whatever stands in the last line, of whichever command. */
export type CliLast = Omit<CliResults["start"] & CliResults["stop"] & CliResults["ask"] & CliResults["ingest"] & CliResults["sticks"] & CliResults["upload"] & CliResults["practice"] & CliResults["backup create"] & CliResults["backup list"] & CliResults["backup verify"] & CliResults["backup restore"] & CliResults["backup prune"] & CliFailure, never>;

/** A JSON line of standard output, as far as tests look into one. */
export type CliLine = Record<string, unknown> & { type?: string; step?: StepState };

export interface CliRun {
  exit: number | null;
  lines: CliLine[];
  last: Partial<CliLast>;
  stderr: string;
}

/** A user of this computer with a data folder of their own and the shared cache: real processes, real core. */
export interface CliUser {
  home: string;
  /** Program and first words of every command. */
  command: readonly string[];
  env: NodeJS.ProcessEnv;
  run(...words: string[]): Promise<CliRun>;
  /** The same, and calls back at every line: there the test may press Ctrl-C, or pull something out. */
  runWatched(onLine: (line: CliLine, pressCtrlC: () => void) => void, ...words: string[]): Promise<CliRun>;
  /** Ends the background core as the system would, and removes the data folder. */
  leave(): Promise<void>;
  /** Kills the background core at once, as a crash would. */
  crash(): Promise<void>;
}

export function newUser(): CliUser {
  const home = mkdtempSync(join(tmpdir(), "ai-mentor-user-"));
  const env = { ...process.env, AI_MENTOR_HOME: home, AI_MENTOR_CACHE: cacheFolder() };
  const user: CliUser = {
    home,
    command: [process.execPath, MAIN],
    env,
    run: (...words) => user.runWatched(() => undefined, ...words),
    runWatched: (onLine, ...words) =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [MAIN, ...words, "--json"], { env, stdio: ["ignore", "pipe", "pipe"] });
        const lines: CliLine[] = [];
        let [rest, stderr] = ["", ""];
        child.stdout.setEncoding("utf8").on("data", (text: string) => {
          const parts = (rest + text).split("\n");
          rest = parts.pop()!;
          for (const part of parts.filter((line) => line.startsWith("{"))) {
            const line = JSON.parse(part) as CliLine;
            lines.push(line);
            onLine(line, () => child.kill("SIGINT"));
          }
        });
        child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
        child.once("close", (exit) => resolve({ exit, lines, last: (lines.at(-1) ?? {}) as Partial<CliLast>, stderr }));
      }),
    crash: () => end(home, "SIGKILL"),
    async leave() {
      // A test that failed half-way must not leave a session's services behind.
      if (existsSync(join(home, "secrets.json"))) await user.run("stop");
      await end(home, "SIGTERM");
      rmSync(home, { recursive: true, force: true });
    },
  };
  return user;
}

async function end(home: string, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  let pid: number;
  try {
    pid = (JSON.parse(readFileSync(join(home, "core.json"), "utf8")) as CoreAddress).pid;
    process.kill(pid, signal);
  } catch {
    return; // none was started, or it has gone by itself
  }
  while (identify(pid) !== null) await new Promise((resolve) => setTimeout(resolve, 20));
}
