/**
 * A piece of a rendered prompt: the template's own markup, in which special tokens are meant, or
 * text that someone wrote, in which they are plain characters.
 */
export interface Segment {
  text: string;
  from: "template" | "person";
}
