const ESCAPE = 0x1b;

/**
 * What may reach a terminal: text, lines, tabs and colours. Names on a stick, a host's answers and a
 * model's words can hold any other control character, with which they could rewrite what stands on
 * the screen; those are shown as what they are.
 */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}(?:\[[\d;]*m)?/gv, (found) => {
    const code = found.codePointAt(0)!;
    const isColour = code === ESCAPE && found.length > 1;
    if (isColour || found.startsWith("\n") || found.startsWith("\t")) return found;
    return `\\x${code.toString(16).padStart(2, "0")}${found.slice(1)}`;
  });
}
