import type { Hit } from "../milvus/passage.ts";
import type { ChatMessage } from "./llm.ts";

export interface Turn {
  question: string;
  answer: string;
}

/** Enough for a worked explanation; an answer that runs on is cut rather than left to fill the context. */
export const ANSWER_MAX_TOKENS = 512;

/**
 * Short and plain, so that also a model of 135 million parameters can follow it. Asked to number
 * its sources, or shown file names among the passages, such a model answers with those instead.
 * Where a passage stands is said beside the answer, from the search itself.
 */
const INSTRUCTIONS =
  "You are a helpful course mentor. Answer the question briefly, in the language it is asked in, using only the given passages. If they do not answer it, say so.";

/** Of the talk so far; about 500 tokens, so that the passages and the answer keep their place. */
const HISTORY_MAX_CHARACTERS = 2000;

/**
 * What the model is asked. `room` shrinks what is sent, for a model whose context is small: 0 is
 * everything, 1 leaves out the talk so far, 2 also all passages but the best.
 */
export function toMessages(question: string, passages: readonly Hit[], history: readonly Turn[], room: 0 | 1 | 2): ChatMessage[] {
  const shown = room === 2 ? passages.slice(0, 1) : passages;
  const material = shown.map((passage, index) => `[${index + 1}] ${passage.text}`).join("\n\n");
  return [
    { role: "system", content: INSTRUCTIONS },
    ...(room === 0 ? fitting(history).flatMap(({ question: asked, answer }): ChatMessage[] => [{ role: "user", content: asked }, { role: "assistant", content: answer }]) : []),
    { role: "user", content: `Passages:\n\n${material}\n\nQuestion: ${question}` },
  ];
}

/** The last turns that find room; the others are left out. */
export function fitting(history: readonly Turn[]): readonly Turn[] {
  let room = HISTORY_MAX_CHARACTERS;
  const first = history.findLastIndex(({ question, answer }) => (room -= question.length + answer.length) < 0) + 1;
  return history.slice(first);
}
