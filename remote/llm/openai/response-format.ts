import type { LlamaGrammar } from "node-llama-cpp";
import { z } from "zod";
import type { LoadedChat } from "../engine/engine.ts";
import { GrammarError } from "../grammar/compiled-grammars.ts";
import { grammarOf } from "../grammar/json-schema.ts";
import type { JsonSchema } from "../grammar/schema-document.ts";
import { SchemaError } from "../grammar/schema-error.ts";
import { ApiError } from "./errors.ts";

const LONGEST_GRAMMAR = 256 * 1024;

export const Schema = z.union([z.boolean(), z.record(z.string(), z.unknown())]);

/** How an answer can be bound to a form, in the chat and the completions endpoint. */
export const formatFields = {
  response_format: z
    .discriminatedUnion("type", [
      z.strictObject({ type: z.literal("text") }),
      /** With a `schema`, as llama-server has it. */
      z.strictObject({ type: z.literal("json_object"), schema: Schema.nullish() }),
      z.strictObject({
        type: z.literal("json_schema"),
        json_schema: z.strictObject({ name: z.string().nullish(), description: z.string().nullish(), schema: Schema, strict: z.boolean().nullish() }),
      }),
    ])
    .nullish(),
  /** llama-server's own names. */
  json_schema: Schema.nullish(),
  grammar: z.string().min(1).max(LONGEST_GRAMMAR).nullish(),
};

type Format = z.infer<z.ZodObject<typeof formatFields>>;

/** What an answer is bound to, and by which parameter. */
export type Form = { param: string; schema: JsonSchema } | { param: string; grammar: string };

/** @throws ApiError 400 when two parameters say it */
export function formOf({ response_format: format, json_schema: schema, grammar }: Format): Form | null {
  const forms: Form[] = [];
  if (format?.type === "json_object") forms.push({ param: format.schema == null ? "response_format" : "response_format.schema", schema: format.schema ?? { type: "object" } });
  if (format?.type === "json_schema") forms.push({ param: "response_format.json_schema.schema", schema: format.json_schema.schema });
  if (schema != null) forms.push({ param: "json_schema", schema });
  if (grammar != null) forms.push({ param: "grammar", grammar });
  if (forms.length > 1) throw new ApiError(400, `${forms[1]!.param}: the answer is bound to a form by ${forms[0]!.param} already.`, { param: forms[1]!.param, code: "invalid_value" });
  return forms[0] ?? null;
}

/** @throws ApiError 400 naming the place in the schema */
export function compileForm({ grammars }: LoadedChat, form: Form): LlamaGrammar {
  return withRefusals(form.param, () => ("grammar" in form ? grammars.get(`grammar ${form.grammar}`, () => form.grammar) : grammars.get(`schema ${JSON.stringify(form.schema)}`, () => grammarOf(form.schema))));
}

/** Runs what may refuse a schema, and says of which parameter it was. */
export function withRefusals<T>(param: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof SchemaError) throw new ApiError(400, `${param}: ${error.message}`, { param: `${param}${error.pointer}${error.keyword === null ? "" : `/${error.keyword}`}`, code: "unsupported_schema" });
    if (error instanceof GrammarError) throw new ApiError(400, `${param}: ${error.message}`, { param, code: "invalid_grammar" });
    throw error;
  }
}

/** The engine tells log probabilities without looking at a grammar. @throws ApiError 400 */
export function refuseLogprobsWithGrammar(): never {
  throw new ApiError(400, "logprobs: they cannot be told of an answer that is bound to a form or to tools.", { param: "logprobs", code: "invalid_value" });
}
