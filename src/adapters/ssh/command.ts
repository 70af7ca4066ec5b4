/**
 * SSH has no argument vector: a command is one string that the account's shell reads. So the
 * string is always the same, and what varies follows on standard input: a word that marks where
 * the account's start-up files have ended and the program's output begins, then the arguments, one
 * a line, every unusual byte in octal, then an empty line. What comes after is the program's own
 * input: a POSIX `read` takes no byte beyond its newline.
 *
 * The mark carries the process id, by which the program is ended: sshd passes signals on for
 * ordinary accounts only, not for root.
 */
export const RUN_FROM_INPUT =
  "exec /bin/sh -c 'IFS= read -r l || exit; printf \"%s:%s\\n\" \"$l\" $$; printf \"%s:%s\\n\" \"$l\" $$ >&2; set --; while IFS= read -r l && [ -n \"$l\" ]; do a=$(printf \"%bx\" \"$l\"); a=${a%x}; set -- \"$@\" \"${a#:}\"; done; unset l a; exec \"$@\"'";

/**
 * The lines for RUN_FROM_INPUT. The colon keeps an empty argument from ending the list, and the
 * shell's `x` keeps `$(…)` from eating newlines at an argument's end.
 */
export function encodeCommand(mark: string, argv: readonly string[]): string {
  return `${mark}\n${argv.map((word) => `:${encodeWord(word)}\n`).join("")}\n`;
}

function encodeWord(word: string): string {
  let encoded = "";
  for (const byte of Buffer.from(word, "utf8")) {
    const character = String.fromCharCode(byte);
    encoded += /[A-Za-z0-9 ._/=:,@+-]/.test(character) ? character : `\\0${byte.toString(8).padStart(3, "0")}`;
  }
  return encoded;
}

/** `sh -c KILL sh SIGNAL PID`: sshd gives every program a group of its own. */
export const KILL = 'kill -s "$1" -- "-$2"';
