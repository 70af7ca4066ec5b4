import { spawn } from "node:child_process";

/** Python is there for Milvus Lite anyway, and its `pty` needs no native module. */
const RUN = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

export interface TypedRun {
  exit: number | null;
  /** What the person saw, both streams together. */
  screen: string;
}

/** Runs a program at a terminal of its own, where a person answers each prompt that matches as soon as it is shown. */
export function runAtTerminal(argv: readonly string[], env: NodeJS.ProcessEnv, answers: readonly { prompt: RegExp; typed: string }[]): Promise<TypedRun> {
  return new Promise((resolve, reject) => {
    const child = spawn("python3", ["-c", RUN, ...argv], { env, stdio: ["pipe", "pipe", "pipe"] });
    const waiting = [...answers];
    let [screen, seen] = ["", 0];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      screen += text;
      const found = waiting[0]?.prompt.exec(screen.slice(seen));
      if (!found) return;
      seen = screen.length;
      child.stdin.write(waiting.shift()!.typed);
    });
    child.stderr.resume();
    child.once("error", reject);
    child.once("close", (exit) => resolve({ exit, screen }));
  });
}
