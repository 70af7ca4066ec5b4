import { isDefinedError } from "@orpc/client";
import { CommanderError } from "commander";
import { EXIT } from "../../contract/cli.ts";
import { ERRORS, fromErrorReport, toErrorReport, type ErrorReport } from "../../contract/errors.ts";

/** The command was written wrongly: told apart from a failure by its exit code. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

/** Gives an error that came over the wire its own shape back. */
export function fromWire(thrown: unknown): unknown {
  return isDefinedError(thrown) ? fromErrorReport((thrown as { data: ErrorReport }).data) : thrown;
}

export function reportOf(thrown: unknown): ErrorReport {
  if (thrown instanceof UsageError || thrown instanceof CommanderError) return { code: "input-invalid", message: thrown.message.replace(/^error: /, "") };
  return toErrorReport(fromWire(thrown));
}

export function exitCodeOf(thrown: unknown, report: ErrorReport): number {
  if (thrown instanceof UsageError || thrown instanceof CommanderError) return EXIT.usage;
  return report.code === "cancelled" ? EXIT.cancelled : EXIT.failed;
}

/** The table of errors speaks of the window's buttons; a terminal has commands. */
const BUTTONS: readonly [RegExp, string][] = [
  [/\bpress Retry\b/g, "run the command again"],
  [/\bPress Retry\b/g, "Run the command again"],
  [/\bPress Stop again\b/g, "Run ai-mentor stop again"],
  [/, choose Forget\b/g, ", use ai-mentor stop --forget"],
  [/, or stop without this backup\b/g, ", or ai-mentor stop --without-backup"],
  [/\bOr stop without this backup\b/g, "Or run ai-mentor stop --without-backup"],
  [/, or Stop to undo it\b/g, ", or ai-mentor stop to undo it"],
  [/\bPress Start when you are ready\b/g, "Start again when you are ready"],
  [/\bopen the logs\b/g, "look at ai-mentor logs"],
];

const inTerminalWords = (advice: string): string => BUTTONS.reduce((text, [button, command]) => text.replace(button, command), advice);

/** The one block that a person reads: what happened, what was kept, what to do. */
export function describeFailure(report: ErrorReport): string {
  const { title, kept, advice } = ERRORS[report.code];
  const lines = [`✗ ${title}`, `  What happened: ${report.message}`, `  Kept: ${report.kept ?? kept}`, `  What to do: ${inTerminalWords(report.advice ?? advice)}`];
  const fingerprint = report.code === "host-key-changed" ? report.details?.fingerprint : undefined;
  if (fingerprint !== undefined) lines.push(`  To trust the new identity, add: --trust ${String(fingerprint)}`);
  // The table's advice names the cause where it can; only a fault of ours needs the whole story.
  if (report.code === "internal") for (const cause of report.causes ?? []) lines.push(`  Because: ${cause}`);
  return `${lines.join("\n")}\n`;
}
