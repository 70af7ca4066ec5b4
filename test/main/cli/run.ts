import { PassThrough } from "node:stream";
import type { ConnectCore } from "../../../src/main/cli/core.ts";
import { runCli } from "../../../src/main/cli/run-cli.ts";

export interface JsonLine {
  error?: { code: string };
  session?: { phase: string };
  [key: string]: unknown;
}

export interface Ran {
  exit: number;
  stdout: string;
  stderr: string;
  /** The JSON lines of standard output. */
  lines: JsonLine[];
  last: JsonLine;
}

export interface RunOptions {
  interrupt?: AbortSignal;
  cwd?: string;
  /** What a person types at a terminal when asked; undefined: nobody sits there. */
  typed?: string[];
  /** What another program writes to the standard input. */
  piped?: string;
}

/** Runs a command line against a core, as a person or a script would see it. */
export async function run(core: { connect: ConnectCore }, words: string[], { interrupt = new AbortController().signal, cwd = "/courses", typed, piped }: RunOptions = {}): Promise<Ran> {
  const [stdout, stderr, stdin] = [collect(), collect(), new PassThrough()];
  const isTTY = typed !== undefined;
  if (typed !== undefined) stderr.onText = (text) => /^(.*Passphrase|Key|The same) /.test(text) && setImmediate(() => stdin.write(`${typed.shift() ?? ""}\n`));
  if (piped !== undefined) stdin.end(piped);
  const exit = await runCli(words, {
    terminal: { stdout: stdout.stream, stderr: Object.assign(stderr.stream, { isTTY }), stdin: Object.assign(stdin, { isTTY }), cwd, interrupt },
    connect: core.connect,
    version: "1.2.3",
  });
  const lines = stdout
    .text()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as JsonLine);
  return { exit, stdout: stdout.text(), stderr: stderr.text(), lines, last: lines.at(-1) ?? {} };
}

function collect() {
  let text = "";
  const collected = { stream: new PassThrough(), text: () => text, onText: (_text: string): unknown => undefined };
  collected.stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    collected.onText(chunk);
  });
  return collected;
}
