import { factsOf, isSame, type Facts } from "./facts.ts";
import { objectShape, type ObjectShape } from "./object-shape.ts";
import type { Located, SchemaDocument, Way } from "./schema-document.ts";
import { ImpossibleError, SchemaError } from "./schema-error.ts";

/**
 * `oneOf` says that exactly one branch may fit, which a grammar cannot count. So the branches must
 * show by their types, by listed values or by a required property that no answer fits two of them.
 *
 * @throws SchemaError when they do not
 */
export function checkExclusive(document: SchemaDocument, branches: readonly (readonly Way[])[], pointer: string): void {
  const sides = branches.map((ways) => ways.map((way) => sideOf(way)).filter((side) => side !== null));
  for (const [index, one] of sides.entries()) {
    for (const [before, other] of sides.slice(0, index).entries()) {
      const separate = one.every((a) => other.every((b) => misses(document, a, b) && misses(document, b, a)));
      if (!separate) throw new SchemaError(pointer, "oneOf", `branches ${before} and ${index} may both fit one answer, which a grammar cannot rule out; anyOf allows it.`);
    }
  }
}

interface Side {
  facts: Facts;
  shape: ObjectShape | null;
}

function sideOf(way: Way): Side | null {
  try {
    const facts = factsOf(way);
    return { facts, shape: facts.values === null && facts.allowed.has("object") ? objectShape(way) : null };
  } catch (error) {
    if (error instanceof ImpossibleError) return null;
    throw error;
  }
}

/** Whether no answer made for `maker` is one that `taker` takes. */
function misses(document: SchemaDocument, maker: Side, taker: Side): boolean {
  if (maker.facts.values !== null && taker.facts.values !== null) return apart(maker.facts.values, taker.facts.values);
  const common = [...maker.facts.kinds].filter((kind) => taker.facts.allowed.has(kind));
  if (common.length === 0) return true;
  if (common.some((kind) => kind !== "object") || maker.shape === null || taker.shape === null) return false;
  const [made, taken] = [maker.shape, taker.shape];
  if (made.additional === null && [...taken.required].some((name) => !made.properties.has(name))) return true;
  return [...made.required].some((name) => {
    const [mine, theirs] = [listed(document, made.properties.get(name)), listed(document, taken.properties.get(name))];
    return mine !== null && theirs !== null && apart(mine, theirs);
  });
}

/** The values that schemas leave; null where they do not list them. */
function listed(document: SchemaDocument, schemas: readonly Located[] | undefined): readonly unknown[] | null {
  if (schemas === undefined || schemas.length === 0) return null;
  const lists = document.ways(schemas).map((way) => factsOf(way).values);
  return lists.includes(null) ? null : lists.flatMap((list) => list ?? []);
}

function apart(values: readonly unknown[], others: readonly unknown[]): boolean {
  return values.every((value) => others.every((other) => !isSame(value, other)));
}
