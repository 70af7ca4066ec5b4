import { randomInt } from "node:crypto";
import type { JsonSchema } from "../grammar/schema-document.ts";

/** A function that the client offers to the model. */
export interface Tool {
  name: string;
  description?: string;
  /** JSON Schema of its arguments; left out for none. */
  parameters?: Exclude<JsonSchema, boolean>;
}

export interface ToolCall {
  id: string;
  name: string;
  arguments: Readonly<Record<string, unknown>>;
}

/** What an answer is made of once its markup is read. */
export type AnswerPart = { content: string } | { reasoning: string } | { call: ToolCall };

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** Nine letters and digits: what Mistral's templates insist on, and others take. */
export function newCallId(): string {
  return Array.from({ length: 9 }, () => LETTERS[randomInt(LETTERS.length)]).join("");
}

/**
 * The calls in values that a model wrote, under whichever names its family has for their parts;
 * null where something is no call of one of the tools.
 */
export function toCalls(values: unknown, tools: readonly Tool[]): ToolCall[] | null {
  const calls = [values].flat().map((value) => toCall(value, tools));
  return calls.length === 0 || calls.includes(null) ? null : calls.filter((call) => call !== null);
}

function toCall(value: unknown, tools: readonly Tool[]): ToolCall | null {
  if (typeof value !== "object" || value === null) return null;
  const { name, arguments: given, parameters = given } = value as { name?: unknown; arguments?: unknown; parameters?: unknown };
  const known = tools.find((tool) => tool.name === name);
  const values = typeof parameters === "string" ? parsed(parameters) : (parameters ?? {});
  if (known === undefined || typeof values !== "object" || values === null || Array.isArray(values)) return null;
  return { id: newCallId(), name: known.name, arguments: values as ToolCall["arguments"] };
}

/** undefined for what is no JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
