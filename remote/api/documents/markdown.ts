import { SectionBuilder, type Section } from "./section.ts";

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const ATX_HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const SETEXT_UNDERLINE = /^ {0,3}(=+|-{2,})[ \t]*$/;

/** Markdown as it is written: the marks are kept, because a model reads them as well as words. */
export function readMarkdown(text: string): Section[] {
  const sections = new SectionBuilder();
  let paragraph: string[] = [];
  let fence: string | null = null;
  const endParagraph = () => {
    sections.paragraph(paragraph.join("\n"));
    paragraph = [];
  };
  for (const line of withoutFrontMatter(text).split(/\r\n?|\n/)) {
    const mark = FENCE.exec(line)?.[1];
    if (fence !== null) {
      paragraph.push(line);
      if (mark !== undefined && mark.startsWith(fence) && line.trim() === mark) fence = null;
      continue;
    }
    const heading = ATX_HEADING.exec(line);
    const underline = SETEXT_UNDERLINE.exec(line)?.[1];
    if (heading !== null) {
      endParagraph();
      sections.heading(heading[1]!.length, plain(heading[2] ?? ""));
    } else if (underline !== undefined && paragraph.length === 1) {
      const title = paragraph[0]!;
      paragraph = [];
      sections.heading(underline.startsWith("=") ? 1 : 2, plain(title));
    } else if (line.trim() === "") endParagraph();
    else {
      if (mark !== undefined) fence = mark;
      paragraph.push(line);
    }
  }
  endParagraph();
  return sections.finish();
}

const withoutFrontMatter = (text: string): string => text.replace(/^---\r?\n[\s\S]*?\r?\n---\r?\n/, "");

/** A heading is shown as a name: without links, images, anchors and emphasis. */
const plain = (heading: string): string =>
  heading
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/\{#[^}]*\}/g, "")
    .replace(/(\*\*|__|`)/g, "");
