import type { CallFormat } from "./call-format.ts";
import { JsonStringReader } from "./json-string-reader.ts";
import type { ReasoningMarks } from "./reasoning.ts";
import type { AnswerPart, Tool } from "./tool-call.ts";

export interface AnswerMarkup {
  /** null for a model that does not think aloud; `begun` when the prompt ends in the middle of it. */
  reasoning: (ReasoningMarks & { begun: boolean }) | null;
  /** null where no tools are offered. */
  calls: { format: CallFormat; tools: readonly Tool[]; parallel: boolean } | null;
}

type State = "start" | "reasoning" | "between" | "content" | "call" | "response" | "closed";

/**
 * Reads a growing answer: what the model thinks, what it says, and what it calls. Held back is only
 * what may be the beginning of a mark, and a call until it is whole. What turns out to be no call
 * is content, with its markup and all: nothing that the model wrote is lost.
 */
export class AnswerReader {
  readonly #markup: AnswerMarkup;
  #state: State;
  #held = "";
  /** White space that is content only if content follows. */
  #gap = "";
  #opener = "";
  #response: JsonStringReader | null = null;
  #parts: AnswerPart[] = [];
  /** Of the kinds of parts, which there have been. */
  readonly #had = { reasoning: false, content: false, calls: 0 };
  /** White space that follows belongs to a mark. */
  #swallows = false;

  constructor(markup: AnswerMarkup) {
    this.#markup = markup;
    this.#state = markup.reasoning === null ? "between" : markup.reasoning.begun ? "reasoning" : "start";
  }

  push(text: string): AnswerPart[] {
    this.#held += text;
    while (this.#step());
    return this.#take();
  }

  /** What was held back, when no more text comes. */
  end(): AnswerPart[] {
    if (this.#state === "reasoning") this.#think(this.#held);
    else if (this.#state === "call") this.#finishCall(this.#held, "");
    else this.#say(this.#state === "closed" ? this.#held.replace(/^\s*\}\s*$/, "") : this.#held);
    if (this.#gap !== "" && this.#had.calls === 0 && !this.#swallows) this.#parts.push({ content: this.#gap });
    return this.#take();
  }

  #take(): AnswerPart[] {
    const parts = this.#parts;
    this.#parts = [];
    return parts;
  }

  /** Whether there is more to do at once. */
  #step(): boolean {
    if (this.#held === "") return false;
    switch (this.#state) {
      case "start":
        return this.#start(this.#markup.reasoning!.open);
      case "reasoning":
        return this.#reason(this.#markup.reasoning!.close);
      case "between":
        this.#held = this.#held.replace(/^\s+/, (space) => {
          this.#gap += space;
          return "";
        });
        this.#state = "content";
        if (this.#held === "") this.#state = "between";
        return this.#held !== "";
      case "content":
        return this.#content();
      case "call":
        return this.#call(this.#markup.calls!.format.closer);
      case "response":
        return this.#respond(this.#response!);
      case "closed":
        return false;
    }
  }

  #start(open: string): boolean {
    const text = this.#held.trimStart();
    if (text.startsWith(open)) {
      this.#held = text.slice(open.length);
      this.#state = "reasoning";
      return true;
    }
    if (open.startsWith(text)) return false;
    this.#state = "between";
    return true;
  }

  #reason(close: string): boolean {
    const { at, whole } = find(this.#held, [close]);
    this.#think(this.#held.slice(0, at));
    this.#held = this.#held.slice(at);
    if (!whole) return false;
    this.#held = this.#held.slice(close.length);
    this.#state = "between";
    this.#swallows = true;
    return true;
  }

  #content(): boolean {
    const { calls } = this.#markup;
    if (calls === null || (calls.format.onlyFirst && this.#had.content)) {
      this.#say(this.#held);
      this.#held = "";
      return false;
    }
    const { format } = calls;
    const { at, whole, mark } = find(this.#held, format.openers);
    if (format.onlyFirst && at > 0) {
      this.#say(this.#held);
      this.#held = "";
      return false;
    }
    this.#sayTrimmed(this.#held.slice(0, at));
    this.#held = this.#held.slice(at);
    if (!whole) return false;
    this.#opener = mark;
    this.#state = "call";
    // A brace that opens a call belongs to it.
    if (mark !== "{") this.#held = this.#held.slice(mark.length);
    return true;
  }

  #call(closer: string | null): boolean {
    if (this.#markup.calls!.format.name === "generic") {
      const beginning = /^\{\s*"response"\s*:\s*"/.exec(this.#held);
      if (beginning !== null) {
        this.#response = new JsonStringReader();
        this.#held = this.#held.slice(beginning[0].length);
        this.#state = "response";
        return true;
      }
    }
    if (closer === null) return false;
    const end = this.#held.indexOf(closer);
    if (end < 0) return false;
    const inner = this.#held.slice(0, end);
    this.#held = this.#held.slice(end + closer.length);
    this.#state = "between";
    this.#finishCall(inner, closer);
    return true;
  }

  #respond(response: JsonStringReader): boolean {
    const { text, rest } = response.push(this.#held);
    if (text !== "") this.#parts.push({ content: text });
    this.#held = rest ?? "";
    if (rest !== null) this.#state = "closed";
    return false;
  }

  #finishCall(inner: string, closer: string): void {
    const { format, tools, parallel } = this.#markup.calls!;
    const calls = format.read(inner, tools);
    if (calls === null) {
      const end = closer === "" ? lastWhole(inner, format, tools) : 0;
      if (end > 0) this.#finishCall(inner.slice(0, end) + format.listEnd, closer);
      return this.#say((end > 0 || this.#opener === "{" ? "" : this.#opener) + inner.slice(end) + closer);
    }
    this.#gap = "";
    for (const call of parallel ? calls : calls.slice(0, this.#had.calls === 0 ? 1 : 0)) this.#parts.push({ call });
    this.#had.calls += calls.length;
  }

  #think(text: string): void {
    // The line break after the opening mark belongs to it.
    const shown = this.#had.reasoning ? text : text.replace(/^\n/, "");
    if (shown === "") return;
    this.#parts.push({ reasoning: shown });
    this.#had.reasoning = true;
  }

  /** Content before a possible call: its last white space waits. */
  #sayTrimmed(text: string): void {
    const core = text.trimEnd();
    if (core !== "") this.#say(core);
    this.#gap += text.slice(core.length);
  }

  #say(text: string): void {
    if (text === "") return;
    this.#parts.push({ content: this.#swallows ? text : this.#gap + text });
    this.#gap = "";
    this.#swallows = false;
    this.#had.content = true;
  }
}

/** Where the last whole call of a list ends that was cut; 0 where there is none. */
function lastWhole(inner: string, { read, listEnd }: CallFormat, tools: readonly Tool[]): number {
  for (let end = listEnd === null ? -1 : inner.lastIndexOf("}, {"); end >= 0; end = end === 0 ? -1 : inner.lastIndexOf("}, {", end - 1)) {
    if (read(inner.slice(0, end + 1) + listEnd, tools) !== null) return end + 1;
  }
  return 0;
}

/** Where the first of the marks stands, or may begin at the very end. */
function find(text: string, marks: readonly string[]): { at: number; whole: boolean; mark: string } {
  const found = marks.map((mark) => ({ at: text.indexOf(mark), mark })).filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at)[0];
  if (found !== undefined) return { ...found, whole: true };
  const longest = Math.max(...marks.map((mark) => mark.length)) - 1;
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(-length);
    const mark = marks.find((each) => each.startsWith(end));
    if (mark !== undefined) return { at: text.length - length, whole: false, mark };
  }
  return { at: text.length, whole: false, mark: "" };
}
