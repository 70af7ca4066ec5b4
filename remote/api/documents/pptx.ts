import { posix } from "node:path";
import { findAll, getAttributeValue, textContent } from "domutils";
import { unzipSync, strFromU8 } from "fflate";
import { parseDocument } from "htmlparser2";
import { oneLine, SectionBuilder, type Section } from "./section.ts";

type Xml = ReturnType<typeof parseDocument>;

/** An unpacked part of a presentation that is larger than this is no slide: it is refused, not unpacked. */
const PART_MAX_BYTES = 32 << 20;

/** The text of each slide under its title, in the order of the show. */
export async function readPptx(bytes: Uint8Array): Promise<Section[]> {
  const parts = unzipSync(bytes, { filter: ({ name, originalSize }) => /^ppt\/(slides\/|_rels\/|presentation\.xml)/.test(name) && originalSize <= PART_MAX_BYTES });
  const xml = (name: string): Xml | null => (parts[name] === undefined ? null : parseDocument(strFromU8(parts[name]), { xmlMode: true }));
  const show = xml("ppt/presentation.xml");
  const relations = xml("ppt/_rels/presentation.xml.rels");
  if (show === null || relations === null) throw new Error("It is not a PowerPoint presentation.");
  const targets = new Map(elements(relations, "Relationship").map((relation) => [relation.attribs.Id, relation.attribs.Target]));
  const sections = new SectionBuilder();
  for (const [index, slide] of elements(show, "p:sldId").entries()) {
    const target = targets.get(getAttributeValue(slide, "r:id") ?? "");
    const content = target === undefined ? null : xml(posix.resolve("/ppt", target).slice(1));
    if (content === null) throw new Error(`Slide ${index + 1} is missing from the file.`);
    sections.page(index + 1);
    readSlide(content, sections);
  }
  return sections.finish();
}

function readSlide(slide: Xml, sections: SectionBuilder): void {
  const shapes = elements(slide, "p:sp").map((shape) => ({ title: elements(shape, "p:ph").some(({ attribs }) => /title/i.test(attribs.type ?? "")), paragraphs: paragraphsOf(shape) }));
  const titles = shapes.filter(({ title }) => title).flatMap(({ paragraphs }) => paragraphs);
  sections.heading(1, titles.join(" "));
  for (const { title, paragraphs } of shapes) if (!title) sections.paragraph(paragraphs.join("\n"));
  for (const row of elements(slide, "a:tr")) sections.paragraph(elements(row, "a:tc").map((cell) => paragraphsOf(cell).join(" ")).join(" | "));
}

const paragraphsOf = (parent: Parameters<typeof elements>[0]): string[] =>
  elements(parent, "a:p")
    .map((paragraph) => oneLine(textContent(paragraph)))
    .filter((text) => text !== "");

function elements(parent: { children: Xml["children"] }, name: string) {
  return findAll((element) => element.name === name, parent.children);
}
