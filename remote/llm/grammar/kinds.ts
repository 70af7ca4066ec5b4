/** Types of JSON values; `number` is either of the two kinds of number. */
export type Kind = "null" | "boolean" | "integer" | "fraction" | "string" | "array" | "object";

export const KINDS: readonly Kind[] = ["null", "boolean", "integer", "fraction", "string", "array", "object"];
/** What each `type` allows. */
export const TYPES: Readonly<Record<string, readonly Kind[]>> = { ...Object.fromEntries(KINDS.filter((kind) => kind !== "fraction").map((kind) => [kind, [kind]])), number: ["integer", "fraction"] };
/** Keywords that say something of values of one kind, and nothing of others. */
export const KEYWORDS_OF: Readonly<Partial<Record<Kind, readonly string[]>>> = {
  object: ["properties", "required", "additionalProperties", "minProperties", "maxProperties"],
  array: ["items", "prefixItems", "additionalItems", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "pattern", "format"],
  fraction: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
};
