import { CharacterSet } from "./character-set.ts";
import { oneOf, type Rules } from "./rules.ts";

/** A regular expression with something in it that is no matter of single characters in a row. */
export class PatternError extends Error {}

type Node =
  | { kind: "character"; set: CharacterSet }
  | { kind: "sequence"; parts: Node[] }
  | { kind: "choice"; ways: Node[] }
  | { kind: "repeat"; part: Node; min: number; max: number | null }
  | { kind: "start" | "end" };

const DIGIT = new CharacterSet([[0x30, 0x39]]);
const WORD = new CharacterSet([[0x30, 0x39], [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]]);
const SPACE = new CharacterSet([[0x09, 0x0d], [0x20, 0x20], [0xa0, 0xa0], [0x1680, 0x1680], [0x2000, 0x200a], [0x2028, 0x2029], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000], [0xfeff, 0xfeff]]);
const CLASSES: Readonly<Record<string, CharacterSet>> = { d: DIGIT, D: DIGIT.negated(), w: WORD, W: WORD.negated(), s: SPACE, S: SPACE.negated() };
/** Longer ones are nested deeper than llama.cpp's reader has room for. */
const LONGEST = 2000;
const CONTROLS: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", f: "\f", v: "\v", 0: "\0" };
const DOT = CharacterSet.of("\n", "\r", "\u2028", "\u2029").negated();
const ANYTHING: Node = { kind: "repeat", part: { kind: "character", set: CharacterSet.ANY }, min: 0, max: null };

/** Characters of the whole text; null for no upper bound. */
export interface Length {
  min: number;
  max: number | null;
}

/**
 * Texts that match an ECMAScript regular expression, as they stand inside a JSON string. As JSON
 * Schema has it, an expression without anchors may match anywhere in the text.
 *
 * @returns null when no text of such a length matches
 * @throws PatternError
 */
export function patternInJson(rules: Rules, pattern: string, length: Length): string | null {
  const parsed = new PatternParser(pattern).parse();
  const ways = parsed.kind === "choice" ? parsed.ways : [parsed];
  const bounded = ways.map(anchored).map((way) => withLength(way, length)).filter((way) => way !== null);
  const written = bounded.map((way) => write(rules, way)).filter((way) => way !== null);
  return written.length === 0 ? null : oneOf(written);
}

function anchored(way: Node): Node {
  const parts = way.kind === "sequence" ? [...way.parts] : [way];
  if (parts[0]?.kind === "start") parts.shift();
  else parts.unshift(ANYTHING);
  if (parts.at(-1)?.kind === "end") parts.pop();
  else parts.push(ANYTHING);
  return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
}

/** Lengths can be kept to where the expression does so itself, or repeats one set of characters. */
function withLength(node: Node, { min, max }: Length): Node | null {
  const own = lengthOf(node);
  if (own.min >= min && (max === null || (own.max !== null && own.max <= max))) return node;
  if ((own.max !== null && own.max < min) || (max !== null && own.min > max)) return null;
  if (node.kind === "repeat" && node.part.kind === "character") {
    const most = max === null ? node.max : Math.min(max, node.max ?? max);
    return { ...node, min: Math.max(min, node.min), max: most };
  }
  throw new PatternError("goes together with minLength or maxLength only where it is one repeated set of characters, as ^[a-z]+$ is");
}

function lengthOf(node: Node): Length {
  switch (node.kind) {
    case "character":
      return { min: 1, max: 1 };
    case "sequence":
      return node.parts.map(lengthOf).reduce((sum, part) => ({ min: sum.min + part.min, max: sum.max === null || part.max === null ? null : sum.max + part.max }), { min: 0, max: 0 });
    case "choice": {
      const lengths = node.ways.map(lengthOf);
      return { min: Math.min(...lengths.map(({ min }) => min)), max: lengths.some(({ max }) => max === null) ? null : Math.max(...lengths.map(({ max }) => max ?? 0)) };
    }
    case "repeat": {
      const { min, max } = lengthOf(node.part);
      return { min: min * node.min, max: max === 0 ? 0 : max === null || node.max === null ? null : max * node.max };
    }
    default:
      throw new PatternError("has ^ or $ in its middle");
  }
}

/** null when nothing can stand there. */
function write(rules: Rules, node: Node): string | null {
  switch (node.kind) {
    case "character":
      return node.set.inJson();
    case "sequence": {
      const parts = node.parts.map((part) => write(rules, part));
      return parts.includes(null) ? null : parts.length === 0 ? '""' : parts.join(" ");
    }
    case "choice": {
      const ways = node.ways.map((way) => write(rules, way)).filter((way) => way !== null);
      return ways.length === 0 ? null : oneOf(ways);
    }
    case "repeat": {
      const part = write(rules, node.part);
      if (part === null) return node.min === 0 ? '""' : null;
      // Repeating what can be empty has no end of ways to do so.
      if (part === '""') return part;
      if (node.max === null && lengthOf(node.part).min === 0) throw new PatternError("repeats without end what may be empty");
      return rules.repeat(rules.add("part", part), node.min, node.max);
    }
    default:
      throw new PatternError("has ^ or $ in its middle");
  }
}

class PatternParser {
  readonly #characters: readonly string[];
  #at = 0;

  /** @throws PatternError when it is no regular expression at all */
  constructor(pattern: string) {
    if (pattern.length > LONGEST) throw new PatternError(`is longer than ${LONGEST} characters`);
    if (!isRegularExpression(pattern)) throw new PatternError("is not a regular expression");
    this.#characters = [...pattern];
  }

  parse(): Node {
    const node = this.#choice();
    if (this.#next() !== undefined) throw new PatternError("has a bracket too many");
    return node;
  }

  #next(): string | undefined {
    return this.#characters[this.#at];
  }

  #takes(text: string): boolean {
    const found = this.#characters.slice(this.#at, this.#at + text.length).join("") === text;
    if (found) this.#at += text.length;
    return found;
  }

  #choice(): Node {
    const ways = [this.#sequence()];
    while (this.#takes("|")) ways.push(this.#sequence());
    return ways.length === 1 ? ways[0]! : { kind: "choice", ways };
  }

  #sequence(): Node {
    const parts: Node[] = [];
    for (let next = this.#next(); next !== undefined && next !== "|" && next !== ")"; next = this.#next()) parts.push(this.#repeated(this.#atom()));
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #repeated(part: Node): Node {
    const counts = this.#counts();
    if (counts === null) return part;
    // A lazy one matches the same texts.
    this.#takes("?");
    return { kind: "repeat", part, ...counts };
  }

  #counts(): Length | null {
    if (this.#takes("*")) return { min: 0, max: null };
    if (this.#takes("+")) return { min: 1, max: null };
    if (this.#takes("?")) return { min: 0, max: 1 };
    const braces = /^\{(\d+)(,?)(\d*)\}/.exec(this.#characters.slice(this.#at, this.#at + 32).join(""));
    if (braces === null) return null;
    this.#at += braces[0].length;
    const min = Number(braces[1]);
    return { min, max: braces[2] === "" ? min : braces[3] === "" ? null : Number(braces[3]) };
  }

  #atom(): Node {
    if (this.#takes("^")) return { kind: "start" };
    if (this.#takes("$")) return { kind: "end" };
    if (this.#takes(".")) return { kind: "character", set: DOT };
    if (this.#takes("(")) return this.#group();
    if (this.#takes("[")) return { kind: "character", set: this.#class() };
    if (this.#takes("\\")) return { kind: "character", set: this.#escape() };
    return { kind: "character", set: CharacterSet.of(this.#characters[this.#at++]!) };
  }

  #group(): Node {
    if (this.#takes("?=") || this.#takes("?!") || this.#takes("?<=") || this.#takes("?<!")) throw new PatternError("looks ahead or back");
    if (this.#takes("?<")) while (!this.#takes(">")) this.#at++;
    else if (!this.#takes("?:") && this.#next() === "?") throw new PatternError("has a kind of group that is not known here");
    const node = this.#choice();
    if (!this.#takes(")")) throw new PatternError("has a bracket too few");
    return node;
  }

  #class(): CharacterSet {
    const negated = this.#takes("^");
    let set = new CharacterSet([]);
    while (!this.#takes("]")) {
      const first = this.#classMember();
      const range = this.#next() === "-" && this.#characters[this.#at + 1] !== "]";
      if (!range) {
        set = set.union(first);
        continue;
      }
      this.#at++;
      const last = this.#classMember();
      const [from, to] = [first.ranges[0]?.[0] ?? 0, last.ranges.at(-1)?.[1] ?? 0];
      if (first.ranges[0]?.[1] !== from || last.ranges[0]?.[0] !== to) set = set.union(first).union(last).union(CharacterSet.of("-"));
      else set = set.union(new CharacterSet([[from, to]]));
    }
    return negated ? set.negated() : set;
  }

  #classMember(): CharacterSet {
    if (!this.#takes("\\")) return CharacterSet.of(this.#characters[this.#at++]!);
    return this.#takes("b") ? CharacterSet.of("\b") : this.#escape();
  }

  #escape(): CharacterSet {
    const letter = this.#characters[this.#at++]!;
    const known = CLASSES[letter];
    if (known !== undefined) return known;
    const control = CONTROLS[letter];
    if (control !== undefined && !(letter === "0" && /\d/.test(this.#next() ?? ""))) return CharacterSet.of(control);
    if (/[1-9k]/.test(letter)) throw new PatternError("refers back to a group");
    if (/[bB]/.test(letter)) throw new PatternError("looks for the edge of a word");
    if (/[pP]/.test(letter)) throw new PatternError("asks for a Unicode property");
    if (letter === "c") return CharacterSet.of(String.fromCodePoint(this.#characters[this.#at++]!.codePointAt(0)! % 32));
    const digits = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]{1,6})\})/.exec(letter + this.#characters.slice(this.#at, this.#at + 8).join(""));
    if (digits !== null) {
      this.#at += digits[0].length - 1;
      return CharacterSet.of(String.fromCodePoint(Number.parseInt(digits[1] ?? digits[2] ?? digits[3] ?? "", 16)));
    }
    if (/[a-zA-Z0-9]/.test(letter)) throw new PatternError(`has the escape \\${letter}, which is not known here`);
    return CharacterSet.of(letter);
  }
}

/** With and without its Unicode mode: older schemas escape what needs no escape. */
function isRegularExpression(pattern: string): boolean {
  return ["u", ""].some((mode) => {
    try {
      return "".search(new RegExp(pattern, mode)) < 2;
    } catch {
      return false;
    }
  });
}
