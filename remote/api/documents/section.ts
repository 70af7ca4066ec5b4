/** A stretch of a document under one heading, on one page. What every reader turns its format into. */
export interface Section {
  /** Headings from the outermost to the one the text stands under; empty before the first heading. */
  headings: readonly string[];
  /** Page or slide, counted from 1; null where the format has none. */
  page: number | null;
  /** Plain text; paragraphs are separated by an empty line. */
  text: string;
}

/** Collects text under headings as a reader meets them. */
export class SectionBuilder {
  readonly #sections: Section[] = [];
  #headings: { level: number; text: string }[] = [];
  #page: number | null = null;
  #paragraphs: string[] = [];

  /** `level` counts from 1, the outermost. */
  heading(level: number, text: string): void {
    const title = oneLine(text);
    if (title === "") return;
    this.#close();
    this.#headings = [...this.#headings.filter((outer) => outer.level < level), { level, text: title }];
  }

  page(page: number): void {
    if (page === this.#page) return;
    this.#close();
    this.#page = page;
  }

  paragraph(text: string): void {
    const trimmed = text.replaceAll("\0", "").trim();
    if (trimmed !== "") this.#paragraphs.push(trimmed);
  }

  finish(): Section[] {
    this.#close();
    return this.#sections;
  }

  #close(): void {
    if (this.#paragraphs.length === 0) return;
    this.#sections.push({ headings: this.#headings.map(({ text }) => text), page: this.#page, text: this.#paragraphs.join("\n\n") });
    this.#paragraphs = [];
  }
}

export const oneLine = (text: string): string => text.replaceAll("\0", "").replace(/\s+/g, " ").trim();
