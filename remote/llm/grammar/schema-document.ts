import { checkExclusive } from "./exclusive.ts";
import { KEYWORDS_OF } from "./kinds.ts";
import { SchemaError } from "./schema-error.ts";

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

/** A schema and where in its document it stands: a JSON pointer, which also tells it from others. */
export interface Located {
  schema: JsonSchema;
  pointer: string;
}

/** A schema whose references and combinations are resolved: all of its keywords must be kept to. */
export interface Leaf {
  schema: Exclude<JsonSchema, boolean>;
  pointer: string;
}

/** All leaves of one way hold together; one of the ways is enough. */
export type Way = readonly Leaf[];

const MOST_WAYS = 1000;

const ANNOTATIONS = new Set(["$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "discriminator", "propertyOrdering", "strict"]);
const COMBINATIONS = new Set(["$ref", "allOf", "anyOf", "oneOf", "nullable"]);
const CONSTRAINTS = new Set(["type", "enum", "const", ...Object.values(KEYWORDS_OF).flat()]);

export class SchemaDocument {
  readonly root: Located;
  readonly #known = new Map<string, readonly Way[]>();

  constructor(root: JsonSchema) {
    this.root = { schema: root, pointer: "" };
  }

  /**
   * How schemas that hold together can be fulfilled.
   *
   * @throws SchemaError
   */
  ways(conjuncts: readonly Located[]): readonly Way[] {
    return conjuncts.map((conjunct) => this.#waysOf(conjunct, [])).reduce((ways, more) => cross(ways, more, conjuncts[0]!.pointer), [[]]);
  }

  #waysOf({ schema, pointer }: Located, trail: readonly string[]): readonly Way[] {
    if (schema === true) return [[]];
    if (schema === false) return [];
    const known = this.#known.get(pointer);
    if (known !== undefined) return known;
    if (trail.includes(pointer)) throw new SchemaError(pointer, null, "it refers to itself with nothing in between.");
    const inner = [...trail, pointer];
    checkKeywords(schema, pointer);
    let ways: readonly Way[] = [[{ schema, pointer }]];
    const also = (more: readonly Way[]) => {
      ways = cross(ways, more, pointer);
    };
    if (schema.$ref !== undefined) also(this.#waysOf(this.#resolve(schema.$ref, pointer), inner));
    for (const part of schemasAt(schema, "allOf", pointer)) also(this.#waysOf(part, inner));
    if (schema.anyOf !== undefined) also(schemasAt(schema, "anyOf", pointer).flatMap((part) => this.#waysOf(part, inner)));
    if (schema.oneOf !== undefined) {
      const branches = schemasAt(schema, "oneOf", pointer).map((part) => this.#waysOf(part, inner));
      checkExclusive(this, branches.map((branch) => cross(ways, branch, pointer)), pointer);
      also(branches.flat());
    }
    if (schema.nullable === true) ways = [...ways, [{ schema: { type: "null" }, pointer: `${pointer}/nullable` }]];
    this.#known.set(pointer, ways);
    return ways;
  }

  #resolve(reference: unknown, pointer: string): Located {
    if (typeof reference !== "string") throw new SchemaError(pointer, "$ref", "it is no text.");
    if (reference !== "#" && !reference.startsWith("#/")) throw new SchemaError(pointer, "$ref", `“${reference}” lies outside this schema; only #/… is followed.`);
    let target: unknown = this.root.schema;
    let path: string;
    try {
      path = decodeURIComponent(reference.slice(1));
    } catch {
      path = reference.slice(1);
    }
    for (const part of path.split("/").slice(1)) {
      const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
      target = typeof target === "object" && target !== null && Object.hasOwn(target, key) ? Reflect.get(target, key) : undefined;
    }
    return located(target, path, () => new SchemaError(pointer, "$ref", `there is no schema at ${reference}.`));
  }
}

/** The schema under a keyword. */
export function schemaAt({ schema, pointer }: Leaf, keyword: string): Located {
  return located(schema[keyword], `${pointer}/${keyword}`);
}

/** The schemas that a keyword lists; none where it is not given. */
export function schemasAt(schema: Leaf["schema"], keyword: string, pointer: string): Located[] {
  const list = schema[keyword];
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw new SchemaError(pointer, keyword, "it is no list of schemas.");
  return list.map((part: unknown, index) => located(part, `${pointer}/${keyword}/${index}`));
}

/** The schemas that a keyword holds under names. */
export function schemaMapAt({ schema, pointer }: Leaf, keyword: string): [string, Located][] {
  const map = schema[keyword];
  if (map === undefined) return [];
  if (typeof map !== "object" || map === null || Array.isArray(map)) throw new SchemaError(pointer, keyword, "it is no object of schemas.");
  return Object.entries(map).map(([name, part]) => [name, located(part, `${pointer}/${keyword}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`)]);
}

function located(schema: unknown, pointer: string, problem = () => new SchemaError(pointer, null, "it is no schema.")): Located {
  if (typeof schema === "boolean") return { schema, pointer };
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) throw problem();
  return { schema: schema as Leaf["schema"], pointer };
}

function checkKeywords(schema: Leaf["schema"], pointer: string): void {
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined || ANNOTATIONS.has(keyword) || COMBINATIONS.has(keyword) || CONSTRAINTS.has(keyword) || keyword.startsWith("x-")) continue;
    if (keyword === "uniqueItems" && value === false) continue;
    throw new SchemaError(pointer, keyword, "a grammar cannot keep to this keyword.");
  }
}

function cross(ways: readonly Way[], more: readonly Way[], pointer: string): readonly Way[] {
  if (ways.length * more.length > MOST_WAYS) throw new SchemaError(pointer, null, `it can be fulfilled in more than ${MOST_WAYS} ways.`);
  return ways.flatMap((way) => more.map((also) => [...way, ...also.filter((leaf) => way.every((other) => other.pointer !== leaf.pointer))]));
}
