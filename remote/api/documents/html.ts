import { textContent } from "domutils";
import { parseDocument } from "htmlparser2";
import { SectionBuilder, type Section } from "./section.ts";

type Node = ReturnType<typeof parseDocument>["children"][number];

const UNREAD = new Set(["script", "style", "noscript", "template", "head", "nav", "svg", "iframe", "button", "select"]);
const BLOCKS = new Set(["p", "li", "dt", "dd", "tr", "blockquote", "figcaption", "caption", "div", "section", "article", "main", "ul", "ol", "dl", "table", "body", "header", "footer", "aside"]);

/** The text of a web page under its headings; menus and scripts are left out. */
export function readHtml(html: string): Section[] {
  const sections = new SectionBuilder();
  let text = "";
  const endParagraph = () => {
    sections.paragraph(text.replace(/[^\S\n]+/g, " ").trim());
    text = "";
  };
  const walk = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (node.type === "text") text += node.data.replace(/\s+/g, " ");
      if (!("children" in node) || !("name" in node)) continue;
      const name = node.name.toLowerCase();
      const level = /^h([1-6])$/.exec(name)?.[1];
      if (UNREAD.has(name)) continue;
      if (level !== undefined) {
        endParagraph();
        sections.heading(Number(level), textContent(node));
      } else if (name === "pre") {
        endParagraph();
        sections.paragraph(textContent(node));
      } else if (name === "br") text += "\n";
      else if (BLOCKS.has(name)) {
        endParagraph();
        walk(node.children);
        endParagraph();
      } else {
        walk(node.children);
        if (name === "td" || name === "th") text += " ";
      }
    }
  };
  walk(parseDocument(html).children);
  endParagraph();
  return sections.finish();
}
