import { CharacterSet } from "./character-set.ts";
import { countAt, factsOf, type Facts } from "./facts.ts";
import { JsonValues } from "./json-values.ts";
import { integersBetween, numbersBetween, type NumberRange } from "./number-range.ts";
import { objectShape } from "./object-shape.ts";
import { PatternError, patternInJson } from "./pattern.ts";
import { literal, oneOf, Rules } from "./rules.ts";
import { SchemaDocument, schemaAt, schemasAt, type JsonSchema, type Leaf, type Located, type Way } from "./schema-document.ts";
import { ImpossibleError, SchemaError } from "./schema-error.ts";

/** A body that nothing matches. */
const NOTHING = "[^\\U00000000-\\U0010FFFF]";

/**
 * JSON Schema as rules of a GBNF grammar: whatever the grammar lets through fulfils the schema. Not
 * the other way round: properties come in the order of the schema, and numbers, white space and
 * formats are kept to what is usual.
 *
 * Schemas that hold together (`allOf`, a `$ref` with neighbours, `anyOf` beside `properties`) are
 * first resolved into ways, each of which is a plain list of keywords; then every way is written.
 * Rules are known by the places of the schemas that they stand for, which is how recursion ends.
 */
export class SchemaRules {
  readonly #document: SchemaDocument;
  readonly #json: JsonValues;
  readonly #rules: Rules;
  /** By the pointers of the schemas that hold together; null for what nothing can fulfil. */
  readonly #names = new Map<string, string | null>();

  constructor(json: JsonValues, schema: JsonSchema) {
    this.#document = new SchemaDocument(schema);
    this.#json = json;
    this.#rules = json.rules;
  }

  /**
   * The name of the rule for the whole schema.
   *
   * @throws SchemaError naming the place and the keyword that a grammar cannot keep to
   */
  root(): string {
    try {
      return this.#rule([this.#document.root]);
    } catch (error) {
      if (error instanceof RangeError) throw new SchemaError("", null, "it is nested too deeply.");
      throw error;
    }
  }

  #rule(schemas: readonly Located[]): string {
    if (schemas.length === 0) return this.#json.value;
    const key = [...new Set(schemas.map(({ pointer }) => pointer))].sort().join("\n");
    const known = this.#names.get(key);
    const { pointer } = schemas[0]!;
    if (known === null) throw new ImpossibleError(pointer, null, "no value can fulfil it.");
    if (known !== undefined) return known;
    const name = this.#rules.reserve("schema");
    this.#names.set(key, name);
    const bodies = this.#document.ways(schemas).flatMap((way) => this.#possible(() => this.#way(way)) ?? []);
    this.#rules.define(name, bodies.length === 0 ? NOTHING : [...new Set(bodies)].join(" | "));
    if (bodies.length > 0) return name;
    this.#names.set(key, null);
    throw new ImpossibleError(pointer, null, "no value can fulfil it.");
  }

  #possible<T>(make: () => T): T | null {
    try {
      return make();
    } catch (error) {
      if (error instanceof ImpossibleError) return null;
      throw error;
    }
  }

  #way(way: Way): string[] {
    const facts = factsOf(way);
    if (facts.values !== null) return facts.values.map((value) => literal(JSON.stringify(value)));
    // Every kind is left only where nothing was said at all.
    if (facts.kinds.size === 7) return [this.#json.value];
    const bodies = [...facts.kinds].map((kind) => {
      switch (kind) {
        case "null":
          return '"null"';
        case "boolean":
          return this.#json.boolean;
        case "integer":
          return facts.kinds.has("fraction") ? null : this.#integer(facts.numbers);
        case "fraction":
          return this.#number(facts.numbers);
        case "string":
          return this.#string(facts);
        case "array":
          return this.#possible(() => this.#array(way));
        case "object":
          return this.#possible(() => this.#object(way));
      }
    });
    return bodies.filter((body) => body !== null);
  }

  #integer({ min, max, minExcluded, maxExcluded }: NumberRange): string | null {
    if (min === -Infinity && max === Infinity) return this.#json.integer;
    const first = minExcluded ? Math.floor(min) + 1 : Math.ceil(min);
    const last = maxExcluded ? Math.ceil(max) - 1 : Math.floor(max);
    return first > last ? null : integersBetween(first, last);
  }

  #number(numbers: NumberRange): string | null {
    return numbers.min === -Infinity && numbers.max === Infinity ? this.#json.number : numbersBetween(numbers);
  }

  #string({ length, pattern }: Facts): string | null {
    if (length.max !== null && length.max < length.min) return null;
    if (pattern === null) return `"\\"" ${this.#rules.repeat(this.#json.character, length.min, length.max)} "\\""`;
    try {
      const text = patternInJson(this.#rules, pattern.source, length);
      return text === null ? null : `"\\"" ${text} "\\""`;
    } catch (error) {
      if (error instanceof PatternError) throw new SchemaError(pattern.pointer, pattern.keyword, `it ${error.message}.`);
      throw error;
    }
  }

  #object(way: Way): string {
    const { properties, required, additional } = objectShape(way);
    const { space } = this.#json;
    const member = (key: string, schemas: readonly Located[]) => this.#rules.add("member", `${key} ${space} ":" ${space} ${this.#rule(schemas)} ${space}`);
    const members: { rule: string; required: boolean }[] = [];
    for (const [name, schemas] of properties) {
      const needed = required.has(name);
      const rule = needed ? member(literal(JSON.stringify(name)), schemas) : this.#possible(() => member(literal(JSON.stringify(name)), schemas));
      if (rule !== null) members.push({ rule, required: needed });
    }
    const other = additional === null ? null : this.#possible(() => member(`"\\"" ${this.#otherThan([...properties.keys()])} "\\""`, additional));
    return `"{" ${space} ${this.#members(members, other)} "}"`;
  }

  /** Members in order, with a comma before all but the first that is written. */
  #members(members: readonly { rule: string; required: boolean }[], other: string | null): string {
    const { space } = this.#json;
    let rest = other === null ? '""' : `("," ${space} ${other})*`;
    let whole = other === null ? '""' : `(${other} ${rest})?`;
    for (const { rule, required } of members.toReversed()) {
      const after = this.#rules.add("rest", rest);
      whole = required ? `${rule} ${after}` : oneOf([`${rule} ${after}`, this.#rules.add("members", whole)]);
      rest = required ? `"," ${space} ${rule} ${after}` : `("," ${space} ${rule})? ${after}`;
    }
    return whole;
  }

  /** Names that are none of these, each character written in one way only. */
  #otherThan(names: readonly string[]): string {
    const any = this.#rules.add("letter", CharacterSet.ANY.inJson()!);
    const after = (prefix: string): string => {
      const begun = names.filter((name) => name.startsWith(prefix) && name.length > prefix.length);
      if (begun.length === 0) return names.includes(prefix) ? `${any}+` : `${any}*`;
      const next = [...new Set(begun.map((name) => String.fromCodePoint(name.codePointAt(prefix.length)!)))];
      const ways = next.flatMap((character) => {
        const written = CharacterSet.of(character).inJson();
        return written === null ? [] : [`${written} ${this.#rules.add("name", after(prefix + character))}`];
      });
      const different = CharacterSet.of(...next).negated().inJson();
      if (different !== null) ways.push(`${different} ${any}*`);
      if (!names.includes(prefix)) ways.push('""');
      return oneOf(ways);
    };
    return after("");
  }

  #array(way: Way): string {
    const sources = way.map(tupleOf);
    const min = Math.max(...way.map((leaf) => countAt(leaf, "minItems") ?? 0));
    const max = Math.min(...way.map((leaf) => countAt(leaf, "maxItems") ?? Infinity));
    const first = Math.min(max, Math.max(...sources.map(({ tuple }) => tuple.length)));
    const at = (index: number) => sources.flatMap(({ tuple, rest }) => tuple[index] ?? rest ?? []);
    const { space } = this.#json;
    const elements = Array.from({ length: first }, (_, index) => this.#rules.add("element", `${this.#rule(at(index))} ${space}`));
    // After a tuple nothing is invented, unless it is asked for.
    const open = sources.some(({ rest }) => rest !== null) || first === 0 || min > first;
    const more = open && max > first ? this.#possible(() => this.#rules.add("element", `${this.#rule(at(Infinity))} ${space}`)) : null;
    if (min > (more === null ? first : max)) throw new ImpossibleError(way[0]!.pointer, null, "no list can be as long as it asks for.");
    if (more === null) return `"[" ${space} ${elements.join(` "," ${space} `) || '""'} "]"`;
    const further = this.#rules.add("further", `"," ${space} ${more}`);
    const [least, most] = [Math.max(0, min - first), max === Infinity ? null : max - first];
    if (first > 0) return `"[" ${space} ${elements.join(` "," ${space} `)} ${this.#rules.repeat(further, least, most)} "]"`;
    const list = `${more} ${this.#rules.repeat(further, Math.max(0, least - 1), most === null ? null : most - 1)}`;
    return `"[" ${space} ${least === 0 ? `(${list})?` : list} "]"`;
  }
}

/** Schemas of the first elements and of the rest; older schemas list the first under `items`. */
function tupleOf(leaf: Leaf): { tuple: Located[]; rest: Located | null } {
  const listed = Array.isArray(leaf.schema.items);
  const tuple = schemasAt(leaf.schema, listed ? "items" : "prefixItems", leaf.pointer);
  const rest = listed ? "additionalItems" : "items";
  return { tuple, rest: leaf.schema[rest] === undefined ? null : schemaAt(leaf, rest) };
}

/** A grammar whose every text is JSON that fulfils the schema. @throws SchemaError */
export function grammarOf(schema: JsonSchema): string {
  const rules = new Rules();
  const root = new SchemaRules(new JsonValues(rules), schema).root();
  return `root ::= ${root}\n${rules.toString()}`;
}
