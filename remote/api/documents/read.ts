import { extname } from "node:path";
import { readDocx } from "./docx.ts";
import { readHtml } from "./html.ts";
import { readMarkdown } from "./markdown.ts";
import { readPdf } from "./pdf.ts";
import { readPlainText } from "./plain.ts";
import { readPptx } from "./pptx.ts";
import type { Section } from "./section.ts";

/** Why one file could not be read, in a sentence for an instructor. */
export class UnreadableDocument extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "UnreadableDocument";
  }
}

type Reader = (bytes: Uint8Array) => Promise<Section[]> | Section[];

const READERS: Record<string, { name: string; read: Reader }> = {
  ".pdf": { name: "PDF", read: readPdf },
  ".md": { name: "Markdown", read: (bytes) => readMarkdown(decode(bytes)) },
  ".markdown": { name: "Markdown", read: (bytes) => readMarkdown(decode(bytes)) },
  ".txt": { name: "text", read: (bytes) => readPlainText(decode(bytes)) },
  ".html": { name: "HTML", read: (bytes) => readHtml(decode(bytes)) },
  ".htm": { name: "HTML", read: (bytes) => readHtml(decode(bytes)) },
  ".docx": { name: "Word", read: readDocx },
  ".pptx": { name: "PowerPoint", read: readPptx },
};

/**
 * The text of a document under its headings.
 *
 * @param file its name; only the ending counts
 * @throws UnreadableDocument
 */
export async function readDocument(file: string, bytes: Uint8Array): Promise<Section[]> {
  const reader = READERS[extname(file).toLowerCase()];
  if (reader === undefined) throw new UnreadableDocument("This kind of file cannot be read.");
  if (bytes.length === 0) throw new UnreadableDocument("The file is empty.");
  let sections: Section[];
  try {
    sections = await reader.read(bytes);
  } catch (error) {
    throw new UnreadableDocument(explain(reader.name, error), error);
  }
  if (sections.length === 0) {
    throw new UnreadableDocument(reader.name === "PDF" ? "The PDF holds no text. It may consist of scanned pictures." : "The file holds no text.");
  }
  return sections;
}

function explain(format: string, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (/password/i.test(reason)) return "The file is protected by a password.";
  return `The file is damaged or is not a ${format} file.`;
}

/** UTF-8 or UTF-16 with a mark; what is not valid UTF-8 is taken for Windows' Western alphabet. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
