import { literal, oneOf } from "./rules.ts";

/** First and last code point. */
type Range = readonly [number, number];

const LAST = 0x10ffff;
/** Halves of characters, which UTF-8 cannot write. */
const SURROGATES: Range = [0xd800, 0xdfff];
const ESCAPES: readonly (readonly [string, string])[] = [
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\b", "\\b"],
  ["\f", "\\f"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
];

/** Characters that may stand at one place of a string. */
export class CharacterSet {
  static readonly ANY = new CharacterSet([[0, LAST]]);
  /** Sorted, apart from one another. */
  readonly ranges: readonly Range[];

  constructor(ranges: readonly Range[]) {
    const merged: [number, number][] = [];
    for (const [first, last] of [...ranges].sort((a, b) => a[0] - b[0])) {
      const before = merged.at(-1);
      if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
      else merged.push([first, last]);
    }
    this.ranges = merged;
  }

  static of(...characters: string[]): CharacterSet {
    return new CharacterSet(characters.map((character) => [character.codePointAt(0)!, character.codePointAt(0)!]));
  }

  union(other: CharacterSet): CharacterSet {
    return new CharacterSet([...this.ranges, ...other.ranges]);
  }

  negated(): CharacterSet {
    const ranges: Range[] = [];
    let next = 0;
    for (const [first, last] of this.ranges) {
      if (first > next) ranges.push([next, first - 1]);
      next = last + 1;
    }
    if (next <= LAST) ranges.push([next, LAST]);
    return new CharacterSet(ranges);
  }

  without(other: CharacterSet): CharacterSet {
    return this.negated().union(other).negated();
  }

  has(character: string): boolean {
    const point = character.codePointAt(0)!;
    return this.ranges.some(([first, last]) => first <= point && point <= last);
  }

  /** Any of them as it is. */
  inText(): string {
    return `[${this.ranges.map(([first, last]) => (first === last ? hex(first) : `${hex(first)}-${hex(last)}`)).join("")}]`;
  }

  /**
   * Any of them inside a JSON string, each in one way only: as it is, or in its short escape. The
   * control characters that have none are left out, unless there is nothing else.
   *
   * @returns null when there is none
   */
  inJson(): string | null {
    const plain = this.without(new CharacterSet([[0, 0x1f], [0x7f, 0x7f], [0x22, 0x22], [0x5c, 0x5c], SURROGATES]));
    const ways = ESCAPES.filter(([character]) => this.has(character)).map(([, escape]) => literal(escape));
    if (plain.ranges.length > 0) ways.unshift(plain.inText());
    if (ways.length === 0) {
      for (let point = 0; point <= 0x7f; point++) if (this.has(String.fromCodePoint(point))) ways.push(literal(`\\u${point.toString(16).padStart(4, "0")}`));
    }
    return ways.length === 0 ? null : oneOf(ways);
  }
}

function hex(point: number): string {
  const character = String.fromCodePoint(point);
  return /[0-9A-Za-z]/.test(character) ? character : `\\U${point.toString(16).padStart(8, "0")}`;
}
