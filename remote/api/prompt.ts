import type { Hit } from "../milvus/passage.ts";
import type { ChatMessage } from "./llm.ts";

export interface Turn {
  question: string;
  answer: string;
}

/** Enough for a worked explanation; an answer that runs on is cut rather than left to fill the context. */
export const ANSWER_MAX_TOKENS = 768;

const INSTRUCTIONS = [
  "You are a patient mentor for the students of a course.",
  "Answer the student's question from the numbered passages of the course material, in the language of the question, clearly and briefly.",
  "Cite a passage that you rest on by its number in brackets, like [1].",
  "If the passages do not answer the question, say so. Do not make anything up.",
].join(" ");

/** Of the talk so far; about 500 tokens, so that the passages and the answer keep their place. */
const HISTORY_MAX_CHARACTERS = 2000;

/**
 * What the model is asked. `room` shrinks what is sent, for a model whose context is small: 0 is
 * everything, 1 leaves out the talk so far, 2 also all passages but the best.
 */
export function toMessages(question: string, passages: readonly Hit[], history: readonly Turn[], room: 0 | 1 | 2): ChatMessage[] {
  const shown = room === 2 ? passages.slice(0, 1) : passages;
  const material = shown.map((passage, index) => `[${index + 1}] ${place(passage)}\n${passage.text}`).join("\n\n");
  return [
    { role: "system", content: INSTRUCTIONS },
    ...(room === 0 ? recent(history) : []),
    { role: "user", content: `Passages of the course material:\n\n${material}\n\nQuestion: ${question}` },
  ];
}

function place({ metadata: { file, section, page } }: Hit): string {
  return [file, section, page === null ? null : `page ${page}`].filter((part) => part !== null).join(", ");
}

function recent(history: readonly Turn[]): ChatMessage[] {
  const kept: ChatMessage[] = [];
  let room = HISTORY_MAX_CHARACTERS;
  for (const { question, answer } of history.toReversed()) {
    room -= question.length + answer.length;
    if (room < 0) break;
    kept.unshift({ role: "user", content: question }, { role: "assistant", content: answer });
  }
  return kept;
}
