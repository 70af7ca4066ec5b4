import { MentorError } from "../../contract/errors.ts";

/** Throws `input-invalid` for what no operating system can start. */
export function checkArgv(argv: readonly string[]): void {
  const [program] = argv;
  if (!program || program.startsWith("-")) throw new MentorError("input-invalid", `${JSON.stringify(program ?? "")} is not a program.`);
  if (argv.some((word) => word.includes("\0"))) throw new MentorError("input-invalid", "A name holds a NUL character, which no file or program can have.");
}
