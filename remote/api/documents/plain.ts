import { SectionBuilder, type Section } from "./section.ts";

const HEADING_MAX_CHARACTERS = 80;
/** Inside of chapters, sections and subsections that say their level. */
const UNKNOWN_LEVEL = 5;
const UNDERLINE = /^\s*([=\-~*])\1{2,}\s*$/;
const CHAPTER = /^(chapter|part|unit|lesson|module|week|lecture|kapitel|teil|lektion)\s+[\dIVXLC]+\b/i;
const NUMBERED = /^(\d+(?:\.\d+)*)\.?\s+\p{Lu}/u;

/**
 * Plain text has headings by custom only: underlined, numbered ("1.2 Loops"), "Chapter 3", or a
 * short line that stands alone, begins with a capital and does not end like a sentence.
 */
export function readPlainText(text: string): Section[] {
  const sections = new SectionBuilder();
  const blocks = text.replaceAll("\f", "\n\n").replace(/\r\n?/g, "\n").split(/\n[ \t]*\n+/).filter((block) => block.trim() !== "");
  // An unnumbered heading says nothing of its level: one right before another heading is the outer one.
  const levels = blocks.map((block) => (block.trim().includes("\n") ? null : headingLevel(block.replace(/\n/g, ""))));
  for (const [index, block] of blocks.entries()) {
    const lines = block.split("\n").filter((line) => line.trim() !== "");
    const next = levels[index + 1] ?? null;
    const level = levels[index] === UNKNOWN_LEVEL && next === UNKNOWN_LEVEL ? UNKNOWN_LEVEL - 1 : (levels[index] ?? null);
    const first = lines[0]!.trim();
    if (lines.length >= 2 && UNDERLINE.test(lines[1]!) && first.length <= HEADING_MAX_CHARACTERS) {
      sections.heading(lines[1]!.trim().startsWith("=") ? 1 : 2, first);
      sections.paragraph(lines.slice(2).join("\n"));
    } else if (level !== null && index < blocks.length - 1) sections.heading(level, first);
    else sections.paragraph(lines.join("\n"));
  }
  return sections.finish();
}

/** Level from 1, or null when the line is no heading. */
function headingLevel(line: string): number | null {
  const text = line.trim();
  // An indented line is code or a quotation, not a heading.
  if (/^\s{2,}|^\t/.test(line) || text.length > HEADING_MAX_CHARACTERS || /[.,;:]$/.test(text)) return null;
  if (CHAPTER.test(text)) return 1;
  const numbers = NUMBERED.exec(text)?.[1];
  if (numbers !== undefined) return numbers.split(".").length;
  return /^\p{Lu}/u.test(text) && !/[={}<>|[\]]|\b\w+\([^)]+\)/.test(text) ? UNKNOWN_LEVEL : null;
}
