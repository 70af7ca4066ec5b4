import { createColors } from "picocolors";
import type { CliResults } from "../../contract/cli.ts";
import type { ErrorReport } from "../../contract/errors.ts";
import { describeFailure } from "./failure.ts";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

/** What a command says: lines for a person, or one JSON object a line for a program; never both. */
export class Output {
  readonly json: boolean;
  /** Lines can be drawn over: a person looks at a terminal. */
  readonly live: boolean;
  readonly terminal: Terminal;
  readonly colors: ReturnType<typeof createColors>;

  constructor(terminal: Terminal, json: boolean) {
    this.terminal = terminal;
    this.json = json;
    this.live = !json && terminal.stdout.isTTY === true;
    this.colors = createColors(this.live && process.env.NO_COLOR === undefined);
  }

  /** For a person only. */
  line(text = ""): void {
    if (!this.json) this.terminal.stdout.write(`${printable(text)}\n`);
  }

  /** For a person only, without an end of line: an answer as it comes. */
  text(text: string): void {
    if (!this.json) this.terminal.stdout.write(printable(text));
  }

  /** For a program only. */
  event(event: object): void {
    if (this.json) this.terminal.stdout.write(`${JSON.stringify(event)}\n`);
  }

  /** The last JSON line of a command. */
  result<Name extends keyof CliResults>(_command: Name, result: CliResults[Name]): void {
    this.event(result);
  }

  failure(report: ErrorReport): void {
    this.event({ error: report });
    this.terminal.stderr.write(printable(describeFailure(report)));
  }
}
