import { CharacterSet } from "../grammar/character-set.ts";
import { SchemaRules } from "../grammar/json-schema.ts";
import { JsonValues } from "../grammar/json-values.ts";
import { literal, oneOf, Rules } from "../grammar/rules.ts";
import type { JsonSchema } from "../grammar/schema-document.ts";
import type { CallFormat } from "./call-format.ts";
import type { ReasoningMarks } from "./reasoning.ts";
import type { Tool } from "./tool-call.ts";

/** At once: a weak model would go on calling until it is cut. */
const MOST_CALLS = 16;

export interface AnswerGrammar {
  reasoning: (ReasoningMarks & { begun: boolean }) | null;
  calls: { format: CallFormat; tools: readonly Tool[]; parallel: boolean; required: boolean } | null;
  /** What an answer that calls nothing must fulfil; null for any text. */
  schema: JsonSchema | null;
}

/**
 * GBNF of a whole answer: thinking where the model does, then calls, or words, or JSON. Words that
 * open a call in the model's own markup must go on as one whose arguments fulfil the schema.
 *
 * @param refusals runs what may refuse the parameters of one of the tools
 * @throws SchemaError
 */
export function answerGrammar({ reasoning, calls, schema }: AnswerGrammar, refusals: <T>(index: number, make: () => T) => T): string {
  const rules = new Rules();
  const json = new JsonValues(rules);
  const ways: string[] = [];
  if (calls !== null) {
    const written = callsOf(rules, json, calls, refusals);
    const words = calls.required || schema !== null || calls.format.onlyFirst ? null : anythingBut(rules, calls.format.openers[0]!);
    ways.push(words === null ? written : `${words} (${written})?`);
    if (!calls.required && schema === null && calls.format.name === "generic") ways.push(`"{" ${json.space} "\\"response\\"" ${json.space} ":" ${json.space} ${json.string} ${json.space} "}"`);
  }
  if (schema !== null && calls?.required !== true) ways.push(new SchemaRules(json, schema).root());
  const root = oneOf(ways);
  return `root ::= ${reasoning === null ? root : `${thinking(rules, reasoning)} ${root}`}\n${rules.toString()}`;
}

/** Whether an answer with these tools is bound to anything at all. */
export function isBound({ calls, schema }: AnswerGrammar): boolean {
  if (schema !== null) return true;
  // A brace at the beginning may as well begin an answer in JSON.
  return calls !== null && (calls.required || calls.format.name !== "llama");
}

function callsOf(rules: Rules, json: JsonValues, { format, tools, parallel }: NonNullable<AnswerGrammar["calls"]>, refusals: <T>(index: number, make: () => T) => T): string {
  const calls = tools.map((tool, index) => refusals(index, () => format.write(tool, new SchemaRules(json, tool.parameters ?? { type: "object", properties: {} }).root())));
  const call = rules.add("call", calls.join(" | "));
  const { before, between, after } = format.frame;
  return `${before} ${call} ${parallel && between !== null ? `(${between} ${call}){0,${MOST_CALLS - 1}}` : '""'} ${after}`;
}

function thinking(rules: Rules, { open, close, begun }: ReasoningMarks & { begun: boolean }): string {
  const thoughts = `${anythingBut(rules, close)} ${literal(close)} "\\n"{0,2}`;
  return begun ? thoughts : `(${literal(open)} ${thoughts})?`;
}

/**
 * Any text in which the mark does not occur: one rule for each number of characters of the mark
 * that the text ends in (Knuth, Morris and Pratt's automaton).
 */
function anythingBut(rules: Rules, mark: string): string {
  const characters = [...mark];
  const names = characters.map(() => rules.reserve("words"));
  const distinct = [...new Set(characters)];
  const others = CharacterSet.of(...distinct).negated();
  for (const [matched, name] of names.entries()) {
    const ways = ['""', `${others.inText()} ${names[0]}`];
    for (const character of distinct) {
      const next = overlap(characters.slice(0, matched).join("") + character, mark);
      if (next < characters.length) ways.push(`${CharacterSet.of(character).inText()} ${names[next]}`);
    }
    rules.define(name, ways.join(" | "));
  }
  return names[0]!;
}

/** How many characters of the mark's beginning the text ends in. */
function overlap(text: string, mark: string): number {
  for (let length = Math.min(text.length, mark.length); length > 0; length--) if (mark.startsWith(text.slice(-length))) return length;
  return 0;
}
