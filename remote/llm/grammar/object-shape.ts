import { countAt } from "./facts.ts";
import { schemaAt, schemaMapAt, type Located, type Way } from "./schema-document.ts";
import { ImpossibleError, SchemaError } from "./schema-error.ts";

export interface ObjectShape {
  /** In the order in which they are written; schemas that hold together for each. */
  properties: ReadonlyMap<string, readonly Located[]>;
  required: ReadonlySet<string>;
  /** What holds for any other property; null where there is none. */
  additional: readonly Located[] | null;
}

/**
 * Where nothing is said of additional properties, there are none: JSON Schema allows them, but a
 * model that may invent some does. An object of which nothing is said at all may have any.
 *
 * @throws SchemaError, ImpossibleError
 */
export function objectShape(way: Way): ObjectShape {
  const sources = way.map((leaf) => ({ leaf, own: new Map(schemaMapAt(leaf, "properties")), additional: leaf.schema.additionalProperties === undefined ? null : schemaAt(leaf, "additionalProperties") }));
  const required = new Set(way.flatMap(({ schema, pointer }) => {
    if (schema.required === undefined) return [];
    if (!Array.isArray(schema.required) || schema.required.some((name) => typeof name !== "string")) throw new SchemaError(pointer, "required", "it is no list of names.");
    return schema.required as string[];
  }));
  const properties = new Map<string, Located[]>();
  for (const name of new Set([...sources.flatMap(({ own }) => [...own.keys()]), ...required])) {
    const schemas = sources.map(({ own, additional }) => own.get(name) ?? additional).filter((schema) => schema !== null);
    if (schemas.every(({ schema }) => schema !== false)) properties.set(name, schemas);
    else if (required.has(name)) throw new ImpossibleError(way[0]!.pointer, null, `it asks for the property “${name}” and forbids it.`);
  }
  const told = sources.map(({ additional }) => additional).filter((schema) => schema !== null);
  const closed = told.some(({ schema }) => schema === false) || (told.length === 0 && way.some(({ schema }) => schema.properties !== undefined));
  for (const leaf of way) {
    const [fewest, most] = [countAt(leaf, "minProperties"), countAt(leaf, "maxProperties")];
    if (fewest !== null && fewest > required.size) throw new SchemaError(leaf.pointer, "minProperties", "a grammar keeps to it only where as many properties are required.");
    if (most !== null && (!closed || most < properties.size)) throw new SchemaError(leaf.pointer, "maxProperties", "a grammar keeps to it only where no more properties are allowed.");
  }
  return { properties, required, additional: closed ? null : told.filter(({ schema }) => schema !== true) };
}
