import { FORMATS } from "./formats.ts";
import { KEYWORDS_OF, KINDS, TYPES, type Kind } from "./kinds.ts";
import type { NumberRange } from "./number-range.ts";
import type { Length } from "./pattern.ts";
import type { Leaf, Way } from "./schema-document.ts";
import { ImpossibleError, SchemaError } from "./schema-error.ts";

/** Names of widths that OpenAPI gives numbers. */
const NUMBER_FORMATS: Readonly<Record<string, readonly [number, number]>> = { float: [-Infinity, Infinity], double: [-Infinity, Infinity], int64: [-Infinity, Infinity], int32: [-(2 ** 31), 2 ** 31 - 1] };

/** What the leaves of one way say together of a value that is not an object or an array. */
export interface Facts {
  pointer: string;
  /** Kinds that are allowed. */
  allowed: ReadonlySet<Kind>;
  /** Of them, those that answers are made of: where no type is given, those that the keywords are about. */
  kinds: ReadonlySet<Kind>;
  /** The only values there are; null for all. */
  values: readonly unknown[] | null;
  numbers: NumberRange;
  length: Length;
  pattern: { source: string; pointer: string; keyword: "pattern" | "format" } | null;
}

/**
 * @throws SchemaError for what a grammar cannot keep to
 * @throws ImpossibleError when no value is left
 */
export function factsOf(way: Way): Facts {
  const pointer = way[0]?.pointer ?? "";
  const allowed = new Set(KINDS.filter((kind) => way.every((leaf) => kindsOf(leaf).includes(kind))));
  const untyped = allowed.size === KINDS.length;
  const spokenOf = KINDS.filter((kind) => way.some(({ schema }) => KEYWORDS_OF[kind]?.some((keyword) => schema[keyword] !== undefined)));
  const kinds = untyped && spokenOf.length > 0 ? new Set(spokenOf) : new Set(allowed);
  const facts: Facts = { pointer, allowed, kinds, values: null, numbers: { min: -Infinity, max: Infinity, minExcluded: false, maxExcluded: false }, length: { min: 0, max: null }, pattern: null };
  for (const leaf of way) {
    if (kinds.has("integer") && narrowNumbers(facts.numbers, leaf, kinds.has("fraction"))) kinds.delete("fraction");
    if (kinds.has("string")) narrowStrings(facts, leaf);
  }
  const lists = way.map(valuesOf).filter((list) => list !== null);
  if (lists.length > 0) {
    const fitting = lists.reduce((common, list) => common.filter((value) => list.some((other) => isSame(value, other))));
    facts.values = fitting.filter((value) => allowed.has(kindOf(value)) && fits(value, facts, way));
  }
  if (allowed.size === 0 || facts.values?.length === 0) throw new ImpossibleError(pointer, null, "no value can fulfil it.");
  return facts;
}

export function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  const [keys, others] = [Object.keys(one), Object.keys(other)];
  return Array.isArray(one) === Array.isArray(other) && keys.length === others.length && keys.every((key) => Object.hasOwn(other, key) && isSame(Reflect.get(one, key), Reflect.get(other, key)));
}

/** A whole number of at least 0; null where the keyword is not given. */
export function countAt({ schema, pointer }: Leaf, keyword: string): number | null {
  const value = schema[keyword];
  if (value === undefined) return null;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw new SchemaError(pointer, keyword, "it is no whole number of at least 0.");
  return value;
}

function kindsOf({ schema, pointer }: Leaf): readonly Kind[] {
  if (schema.type === undefined) return KINDS;
  return [schema.type].flat().flatMap((type) => {
    const kinds = typeof type === "string" && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
    if (kinds === undefined) throw new SchemaError(pointer, "type", `there is no type ${JSON.stringify(type)}.`);
    return kinds;
  });
}

function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "fraction";
  return typeof value as "boolean" | "string" | "object";
}

function valuesOf({ schema, pointer }: Leaf): readonly unknown[] | null {
  if (schema.enum !== undefined && !Array.isArray(schema.enum)) throw new SchemaError(pointer, "enum", "it is no list.");
  const listed = schema.enum ?? null;
  if (schema.const === undefined) return listed;
  return listed === null || listed.some((value) => isSame(value, schema.const)) ? [schema.const] : [];
}

/** Whether a listed value keeps to what else is said of its kind. */
function fits(value: unknown, { numbers, length, pattern }: Facts, way: Way): boolean {
  if (typeof value === "number") return (numbers.minExcluded ? value > numbers.min : value >= numbers.min) && (numbers.maxExcluded ? value < numbers.max : value <= numbers.max);
  if (typeof value === "string") {
    const characters = [...value].length;
    if (pattern?.keyword === "format") throw new SchemaError(pattern.pointer, "format", "beside listed values it cannot be kept to.");
    return characters >= length.min && characters <= (length.max ?? Infinity) && (pattern === null || new RegExp(pattern.source, "u").test(value));
  }
  for (const { schema, pointer } of way) {
    const keyword = KEYWORDS_OF[kindOf(value)]?.find((name) => schema[name] !== undefined);
    if (keyword !== undefined) throw new SchemaError(pointer, keyword, "beside listed values it cannot be kept to.");
  }
  return true;
}

/** Whether the leaf leaves whole numbers only. */
function narrowNumbers(numbers: NumberRange, { schema, pointer }: Leaf, withFractions: boolean): boolean {
  const whole = schema.multipleOf === 1 || !withFractions;
  if (schema.multipleOf !== undefined && schema.multipleOf !== 1) throw new SchemaError(pointer, "multipleOf", "a grammar cannot keep to this keyword.");
  const bound = (keyword: string) => {
    const value = schema[keyword];
    if (value === undefined || typeof value === "boolean") return null;
    if (typeof value !== "number") throw new SchemaError(pointer, keyword, "it is no number.");
    if (!Number.isInteger(value) && !whole) throw new SchemaError(pointer, keyword, "a grammar keeps to whole numbers as bounds only.");
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new SchemaError(pointer, keyword, "it is beyond the whole numbers that JSON readers tell apart.");
    return value;
  };
  const atLeast = (min: number, excluded: boolean) => {
    if (min > numbers.min || (min === numbers.min && excluded)) Object.assign(numbers, { min, minExcluded: excluded });
  };
  const atMost = (max: number, excluded: boolean) => {
    if (max < numbers.max || (max === numbers.max && excluded)) Object.assign(numbers, { max, maxExcluded: excluded });
  };
  const [minimum, maximum, above, below] = [bound("minimum"), bound("maximum"), bound("exclusiveMinimum"), bound("exclusiveMaximum")];
  // Draft 4 has a mere `true` for the bound beside it.
  if (minimum !== null) atLeast(minimum, schema.exclusiveMinimum === true);
  if (maximum !== null) atMost(maximum, schema.exclusiveMaximum === true);
  if (above !== null) atLeast(above, true);
  if (below !== null) atMost(below, true);
  const width = typeof schema.format === "string" && Object.hasOwn(NUMBER_FORMATS, schema.format) ? NUMBER_FORMATS[schema.format] : undefined;
  if (width !== undefined) {
    atLeast(width[0], false);
    atMost(width[1], false);
  }
  return whole;
}

function narrowStrings(facts: Facts, leaf: Leaf): void {
  const { schema, pointer } = leaf;
  const [min, max] = [countAt(leaf, "minLength"), countAt(leaf, "maxLength")];
  facts.length.min = Math.max(facts.length.min, min ?? 0);
  if (max !== null) facts.length.max = Math.min(facts.length.max ?? max, max);
  const narrow = (source: string, keyword: "pattern" | "format") => {
    if (facts.pattern !== null && facts.pattern.source !== source) throw new SchemaError(pointer, keyword, `together with ${facts.pattern.pointer}/${facts.pattern.keyword} a grammar cannot keep to it.`);
    facts.pattern = { source, pointer, keyword };
  };
  if (schema.pattern !== undefined) {
    if (typeof schema.pattern !== "string") throw new SchemaError(pointer, "pattern", "it is no text.");
    narrow(schema.pattern, "pattern");
  }
  if (schema.format === undefined || (typeof schema.format === "string" && Object.hasOwn(NUMBER_FORMATS, schema.format))) return;
  const format = typeof schema.format === "string" && Object.hasOwn(FORMATS, schema.format) ? FORMATS[schema.format] : undefined;
  if (format === undefined) throw new SchemaError(pointer, "format", `a grammar cannot keep to the format ${JSON.stringify(schema.format)}.`);
  narrow(format, "format");
}
