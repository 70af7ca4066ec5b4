import { setImmediate as nextTurn } from "node:timers/promises";
import { getDocumentProxy } from "unpdf";
import { oneLine, SectionBuilder, type Section } from "./section.ts";

interface Line {
  text: string;
  /** Height of the largest letters, in points. */
  size: number;
  page: number;
  /** Distance from the bottom of the page, in points. */
  y: number;
}

const HEADING_MAX_CHARACTERS = 120;
/** Letters this much larger than the body's are a heading; footnotes and captions are smaller. */
const HEADING_RATIO = 1.12;

/**
 * A PDF has no headings, only letters at places: lines in clearly larger letters than most of the
 * text are taken for headings, the larger the further out.
 */
export async function readPdf(bytes: Uint8Array): Promise<Section[]> {
  // pdf.js takes the buffer over, so it gets its own.
  const document = await getDocumentProxy(Uint8Array.from(bytes), { verbosity: 0 });
  try {
    const lines: Line[] = [];
    for (let page = 1; page <= document.numPages; page++) {
      lines.push(...(await readLines(await document.getPage(page), page)));
      // pdf.js goes on from promise to promise: without a turn between, nobody is answered until the book is read.
      await nextTurn();
    }
    return toSections(lines);
  } finally {
    await document.loadingTask.destroy();
  }
}

type PdfPage = Awaited<ReturnType<Awaited<ReturnType<typeof getDocumentProxy>>["getPage"]>>;

async function readLines(page: PdfPage, number: number): Promise<Line[]> {
  const { items } = await page.getTextContent();
  const lines: Line[] = [];
  let current: Line | null = null;
  for (const item of items) {
    if (!("str" in item)) continue;
    const y = Number(item.transform[5]);
    if (item.str.trim() !== "") {
      current ??= { text: "", size: 0, page: number, y };
      current.size = Math.max(current.size, item.height);
    }
    if (current !== null) current.text += item.str;
    if (item.hasEOL && current !== null) {
      lines.push(current);
      current = null;
    }
  }
  if (current !== null) lines.push(current);
  return lines.map((line) => ({ ...line, text: oneLine(line.text) })).filter((line) => line.text !== "");
}

function toSections(lines: readonly Line[]): Section[] {
  const body = commonSize(lines);
  const sizes = [...new Set(lines.filter((line) => isHeading(line, body)).map(rounded))].sort((a, b) => b - a);
  const sections = new SectionBuilder();
  let paragraph: string[] = [];
  let before: Line | null = null;
  let title: { size: number; text: string } | null = null;
  const endParagraph = () => {
    sections.paragraph(joinLines(paragraph));
    paragraph = [];
  };
  const endTitle = () => {
    if (title !== null) sections.heading(sizes.indexOf(title.size) + 1, title.text);
    title = null;
  };
  for (const line of lines) {
    if (line.page !== before?.page) {
      endParagraph();
      endTitle();
      sections.page(line.page);
    }
    if (isHeading(line, body)) {
      endParagraph();
      // A long heading runs over several lines of the same size.
      if (title?.size === rounded(line) && before !== null && before.y - line.y < 2 * line.size) title = { size: title.size, text: `${title.text} ${line.text}` };
      else {
        endTitle();
        title = { size: rounded(line), text: line.text };
      }
    } else {
      endTitle();
      if (before !== null && before.y - line.y > 1.6 * Math.max(before.size, line.size)) endParagraph();
      paragraph.push(line.text);
    }
    before = line;
  }
  endParagraph();
  endTitle();
  return sections.finish();
}

const rounded = (line: Line): number => Math.round(line.size * 2) / 2;

const isHeading = (line: Line, body: number): boolean =>
  line.size >= body * HEADING_RATIO && line.text.length <= HEADING_MAX_CHARACTERS && /\p{L}/u.test(line.text);

/** The size that most letters have. */
function commonSize(lines: readonly Line[]): number {
  const letters = new Map<number, number>();
  for (const line of lines) letters.set(rounded(line), (letters.get(rounded(line)) ?? 0) + line.text.length);
  return [...letters].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** Puts a word back together that was hyphenated at the end of a line. */
function joinLines(lines: readonly string[]): string {
  return lines.reduce((text, line) => (/\p{Ll}-$/u.test(text) && /^\p{Ll}/u.test(line) ? text.slice(0, -1) + line : text === "" ? line : `${text} ${line}`), "");
}
