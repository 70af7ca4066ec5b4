import { CommanderError } from "commander";
import { EXIT } from "../../contract/cli.ts";
import type { ConnectCore } from "./core.ts";
import { UsageError, exitCodeOf, reportOf } from "./failure.ts";
import { Output } from "./output.ts";
import { createProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

export interface CliOptions {
  terminal: Terminal;
  connect: ConnectCore;
  version: string;
}

/**
 * Runs one command line, without the program's own name, and resolves to its exit code. Never
 * rejects: every failure has become one block on standard error, and with --json the last line.
 */
export async function runCli(words: readonly string[], { terminal, connect, version }: CliOptions): Promise<number> {
  // Known before the words are understood: a wrong command line must answer in JSON too.
  const end = words.indexOf("--");
  const output = new Output(terminal, words.slice(0, end === -1 ? undefined : end).includes("--json"));
  try {
    await createProgram({ output, connect }, version).parseAsync(words, { from: "user" });
    return EXIT.done;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.done;
    const report = reportOf(thrown);
    // Commander has already said on standard error what is wrong with the words.
    if (thrown instanceof CommanderError) output.event({ error: report });
    else if (thrown instanceof UsageError) {
      output.event({ error: report });
      terminal.stderr.write(`error: ${thrown.message}\n(ai-mentor --help tells how)\n`);
    } else output.failure(report);
    return exitCodeOf(thrown, report);
  }
}
