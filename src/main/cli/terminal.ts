import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** All that a command sees of the world around it; a test hands in its own. */
export interface Terminal {
  stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  stderr: NodeJS.WritableStream & { isTTY?: boolean };
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  /** Folder that relative paths start from. */
  cwd: string;
  /** Aborts at Ctrl-C or when the terminal goes away. */
  interrupt: AbortSignal;
}

/** How soon after the first Ctrl-C a second one is the same key press, passed on by npm. Milliseconds. */
const SAME_PRESS = 1_000;

/** The real terminal. The first Ctrl-C asks the running work to end, a later one ends this process at once. */
export function processTerminal(): Terminal {
  const controller = new AbortController();
  let firstAt = 0;
  const onSignal = () => {
    if (firstAt === 0) {
      firstAt = Date.now();
      controller.abort(new DOMException("Interrupted", "AbortError"));
    } else if (Date.now() - firstAt > SAME_PRESS) process.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  // A reader such as `head` may leave early: that is its right, and no fault.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  return { stdout: process.stdout, stderr: process.stderr, stdin: process.stdin, cwd: process.cwd(), interrupt: controller.signal };
}

/** Asks for a secret without showing it. null where nobody can answer. */
export async function askSecret(terminal: Terminal, question: string): Promise<string | null> {
  if (terminal.stdin.isTTY !== true || terminal.stderr.isTTY !== true) return null;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // The terminal stops echoing before the question is seen: whoever pastes at once shows nothing.
  const lines = createInterface({ input: terminal.stdin, output: silent, terminal: true });
  terminal.stderr.write(question);
  try {
    return await new Promise<string | null>((resolve) => {
      lines.once("line", resolve);
      // In raw mode Ctrl-C arrives as a key: pass it on as the signal that it means.
      lines.once("SIGINT", () => {
        resolve(null);
        process.kill(process.pid, "SIGINT");
      });
      lines.once("close", () => resolve(null));
    });
  } finally {
    lines.close();
    terminal.stderr.write("\n");
  }
}
