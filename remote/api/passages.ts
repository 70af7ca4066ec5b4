import type { StoredPassage } from "../milvus/passage.ts";
import type { Section } from "./documents/section.ts";

/** What a passage is cut to, in characters of Latin script; see `weightOf`. */
export interface PassageSize {
  size: number;
  /** Of this much the end of a passage is repeated at the beginning of the next under the same heading. */
  overlap: number;
}

/**
 * Characters, as in the original, not tokens: 512 of them are about 120 of the 256 tokens that
 * MiniLM looks at, so nothing of a passage or its heading is beyond what its vector stands for.
 */
export const PASSAGE_SIZE: PassageSize = { size: 512, overlap: 50 };

export const SECTION_SEPARATOR = " › ";
const SECTION_MAX_CHARACTERS = 500;

/** Cuts a document into passages. None reaches across a heading or a page. */
export function toPassages(file: string, sections: readonly Section[], size: PassageSize = PASSAGE_SIZE): StoredPassage[] {
  const passages: StoredPassage[] = [];
  for (const { headings, page, text } of sections) {
    const section = headings.join(SECTION_SEPARATOR).slice(-SECTION_MAX_CHARACTERS) || null;
    for (const piece of cut(text, size)) passages.push({ text: piece, metadata: { file, section, page, passage: passages.length } });
  }
  return passages;
}

/** What is embedded: a passage often says "it", and only the heading says what "it" is. */
export function embeddingText({ text, metadata }: StoredPassage): string {
  return metadata.section === null ? text : `${metadata.section.slice(-200)}\n${text}`;
}

function cut(text: string, { size, overlap }: PassageSize): string[] {
  const pieces: string[] = [];
  let current = "";
  for (const sentence of sentences(text, size)) {
    if (current.trim() !== "" && weightOf(current) + weightOf(sentence.trimEnd()) > size) {
      pieces.push(current.trim());
      const tail = lastWords(current, overlap);
      current = weightOf(tail) + weightOf(sentence) > size ? "" : tail;
    }
    current += sentence;
  }
  if (current.trim() !== "") pieces.push(current.trim());
  return pieces;
}

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: "sentence" });

/** Sentences with the space after them; one that is longer than a passage is cut between words. */
function* sentences(text: string, size: number): Generator<string> {
  for (const { segment } of SEGMENTER.segment(text)) {
    if (weightOf(segment) <= size) yield segment;
    else {
      let piece = "";
      for (const word of segment.match(/\s*\S{1,40}\s*/g) ?? []) {
        if (weightOf(piece) + weightOf(word) > size) {
          yield piece;
          piece = "";
        }
        piece += word;
      }
      yield piece;
    }
  }
}

function lastWords(text: string, overlap: number): string {
  if (overlap <= 0) return "";
  const tail = text.slice(-overlap);
  return tail.length < text.length ? tail.replace(/^\S*\s+/, "") : tail;
}

/** A letter outside the Latin, Greek and Cyrillic scripts is often a token of its own: it weighs as much as four. */
function weightOf(text: string): number {
  let weight = text.length;
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x590) weight += 3;
  return weight;
}
