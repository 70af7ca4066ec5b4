import type { LlamaGrammar } from "node-llama-cpp";
import type { LoadedChat } from "../engine/engine.ts";
import { answerGrammar, isBound, type AnswerGrammar } from "../markup/answer-grammar.ts";
import type { AnswerMarkup } from "../markup/answer-reader.ts";
import { reasoningMarks } from "../markup/reasoning.ts";
import type { Segment } from "../prompt/segments.ts";
import { compileForm, withRefusals, type Form } from "./response-format.ts";
import type { Choice } from "./tools.ts";

export interface AnswerPlan {
  /** What is read out of the answer; null where it is nothing but text, which costs nothing. */
  markup: AnswerMarkup | null;
  grammar: LlamaGrammar | null;
}

/** @throws ApiError 400 naming the place in a schema */
export function planAnswer(chat: LoadedChat, { segments, choice, form }: { segments: readonly Segment[]; choice: Choice; form: Form | null }): AnswerPlan {
  // A grammar of the client's own is the whole answer, with nothing read out of it.
  if (form !== null && "grammar" in form) return { markup: null, grammar: compileForm(chat, form) };
  const template = chat.template!;
  const marks = reasoningMarks(template.source, (text) => chat.prompts.special([text]).size > 0);
  const reasoning = marks === null ? null : { ...marks, begun: template.begins(segments, marks) };
  const { tools, places, required, parallel } = choice;
  const calls = tools.length === 0 ? null : { format: template.calls, tools, parallel, required };
  const markup = reasoning === null && calls === null ? null : { reasoning, calls };
  if (form !== null && markup === null) return { markup, grammar: compileForm(chat, form) };
  const wanted: AnswerGrammar = { reasoning, calls, schema: form?.schema ?? null };
  if (!isBound(wanted)) return { markup, grammar: null };
  const key = `answer ${JSON.stringify([reasoning, calls?.format.name, required, parallel, tools, wanted.schema])}`;
  const refusals = <T>(index: number, make: () => T): T => withRefusals(`tools.${places[index]}.function.parameters`, make);
  return { markup, grammar: withRefusals(form?.param ?? "tools", () => chat.grammars.get(key, () => answerGrammar(wanted, refusals))) };
}

/** Texts that must reach the reader even where they are special tokens. */
export function marksOf({ reasoning, calls }: AnswerMarkup): string[] {
  const own = calls === null ? [] : [...calls.format.openers, ...(calls.format.closer === null ? [] : [calls.format.closer]), "[ARGS]", "[CALL_ID]"];
  return reasoning === null ? own : [...own, reasoning.open, reasoning.close];
}
