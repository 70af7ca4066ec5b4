/** The name that llama-gguf-split gives to the parts of a large model, counted from 1. */
const PART = /^(?<stem>.*)-(?<number>\d{5})-of-(?<count>\d{5})\.gguf$/is;

/** More parts than any published model has; a name can claim 99,999. */
const MAX_PARTS = 1_000;

export interface ModelGroup {
  /** Path of the first part, or of the only file. */
  file: string;
  /** Paths that are there, in order. */
  parts: string[];
  /** File names of the parts that are not there. */
  missing: string[];
}

/** Puts the parts of split models together; every other file is a group of its own. Order of names is kept. */
export function groupParts(files: readonly string[]): ModelGroup[] {
  const groups = new Map<string, { count: number; stem: string; parts: Map<number, string> }>();
  const result: (ModelGroup | string)[] = [];
  for (const file of files) {
    const { stem, number, count } = PART.exec(file)?.groups ?? {};
    const total = Number(count);
    if (stem === undefined || total < 1 || total > MAX_PARTS || Number(number) < 1 || Number(number) > total) {
      result.push({ file, parts: [file], missing: [] });
      continue;
    }
    const key = `${stem}-of-${count}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { count: total, stem, parts: new Map([[Number(number), file]]) });
      result.push(key);
    } else {
      group.parts.set(Number(number), file);
    }
  }
  return result.map((entry) => {
    if (typeof entry !== "string") return entry;
    const { count, stem, parts } = groups.get(entry)!;
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const present = numbers.flatMap((number) => parts.get(number) ?? []);
    const missing = numbers.filter((number) => !parts.has(number)).map((number) => partName(stem, number, count));
    return { file: present[0]!, parts: present, missing };
  });
}

function partName(stem: string, number: number, count: number): string {
  return `${stem.split(/[/\\]/).at(-1)}-${fiveDigits(number)}-of-${fiveDigits(count)}.gguf`;
}

function fiveDigits(value: number): string {
  return String(value).padStart(5, "0");
}
