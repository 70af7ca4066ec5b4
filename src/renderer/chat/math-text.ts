/** Fenced blocks, also one that is still being written, and code within a line. */
const CODE = /(```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`[^`\n]*`)/;
const DISPLAY = /\\\[([\s\S]+?)\\\]/g;
const INLINE = /\\\((.+?)\\\)/g;
/** Opens where no space follows, closes where no space stands before and no digit follows: Pandoc's rule, which leaves prices alone. */
const DOLLARS = /(?<![\\$])\$(?![\s$])([^$\n]*?[^\s$\\])\$(?![\d$])/g;

const FENCE = "$".repeat(2);

/**
 * Models write formulas as `\(…\)`, `\[…\]`, `$…$` or `$$…$$`; the Markdown reader here is told to know
 * the last form alone, because a single dollar is usually a price. So the others become that one.
 * Code is left alone.
 */
export function toDoubleDollars(text: string): string {
  return text
    .split(CODE)
    .map((part, index) => (index % 2 === 1 ? part : formulas(part)))
    .join("");
}

const formulas = (part: string): string =>
  part
    .replace(DISPLAY, (_all, formula: string) => `\n${FENCE}\n${formula.trim()}\n${FENCE}\n`)
    .replace(INLINE, (_all, formula: string) => `${FENCE}${formula.trim()}${FENCE}`)
    .replace(DOLLARS, (_all, formula: string) => `${FENCE}${formula}${FENCE}`);

export const hasMath = (text: string): boolean => text.includes(FENCE);
