import { createHash, randomUUID } from "node:crypto";
import type { ChatAnswer, ChatEvent, ChatRequest } from "../../src/contract/chat.ts";
import { MentorError } from "../../src/contract/errors.ts";
import { checkedQuestion } from "../../src/contract/question.ts";
import type { Hit } from "../milvus/passage.ts";
import type { Conversations } from "./conversations.ts";
import { LlmRefusal } from "./endpoint.ts";
import type { LlmClient } from "./llm.ts";
import { ANSWER_MAX_TOKENS, fitting, toMessages, type Turn } from "./prompt.ts";
import type { Retrieval } from "./retrieval.ts";

const NOTHING_FOUND = "I found nothing in your course material that fits this question. Try other words, or ask about a topic of the course.";

/** Answers one question: search the material, then let the model answer from what was found. */
export class Mentor {
  readonly #retrieval: Retrieval;
  readonly #llm: LlmClient;
  readonly #conversations: Conversations;

  constructor(retrieval: Retrieval, llm: LlmClient, conversations: Conversations) {
    this.#retrieval = retrieval;
    this.#llm = llm;
    this.#conversations = conversations;
  }

  /**
   * The last event is `complete`. Aborting ends the model's work at once.
   *
   * @param connection tells whoever asks without a conversation from others; null where nothing does
   * @throws MentorError question-empty, question-too-long, search-failed, course-other-model, answer-failed
   */
  async *answer(request: ChatRequest, signal: AbortSignal, connection: string | null = null): AsyncGenerator<Exclude<ChatEvent, { type: "error" }>> {
    const arrived = performance.now();
    const question = checkedQuestion(request.message);
    this.#conversations.forget(request.conversation_id, request.forget_turns ?? 0);
    const history = this.#conversations.history(request.conversation_id);

    yield { type: "workflow", node: "retrieve", message: "Searching your course material" };
    const hits = await this.#retrieval.find(question, history.at(-1)?.question ?? null, signal);

    let answer = "";
    let firstTokenAt: number | null = null;
    let leftOut: NonNullable<ChatAnswer["left_out"]> = { turns: fitting(history).length < history.length, passages: 0 };
    const shrunk = (room: 1 | 2) => (leftOut = { turns: history.length > 0, passages: room === 2 ? hits.length - 1 : 0 });
    const tokens = hits.length === 0 ? [NOTHING_FOUND] : this.#generate(question, hits, history, shrunk, userOf(request.conversation_id ?? connection), signal);
    if (hits.length > 0) yield { type: "workflow", node: "generate", message: "Writing the answer" };
    for await (const content of tokens) {
      firstTokenAt ??= performance.now();
      answer += content;
      yield { type: "token", content };
    }
    if (firstTokenAt === null) throw new MentorError("answer-failed", "The model ended its answer without a word.");

    this.#conversations.add(request.conversation_id, { question, answer });
    yield {
      type: "complete",
      answer,
      sources: hits,
      question,
      interaction_id: randomUUID(),
      nothing_found: hits.length === 0,
      first_token_seconds: (firstTokenAt - arrived) / 1000,
      ...(hits.length > 0 && (leftOut.turns || leftOut.passages > 0) ? { left_out: leftOut } : {}),
    };
  }

  async *#generate(question: string, hits: readonly Hit[], history: readonly Turn[], shrunk: (room: 1 | 2) => void, user: string | null, signal: AbortSignal): AsyncGenerator<string> {
    for (const room of [0, 1, 2] as const) {
      let begun = false;
      if (room !== 0) shrunk(room);
      try {
        for await (const content of this.#llm.chat(toMessages(question, hits, history, room), { maxTokens: ANSWER_MAX_TOKENS, user, signal })) {
          begun = true;
          yield content;
        }
        return;
      } catch (error) {
        signal.throwIfAborted();
        // A prompt over the context is refused before the first token: try again with less.
        if (room < 2 && !begun && error instanceof LlmRefusal && [400, 413, 422].includes(error.status)) continue;
        throw new MentorError("answer-failed", begun ? "The model stopped in the middle of its answer." : "The model did not begin to answer.", { cause: error });
      }
    }
  }
}

/**
 * By this the LLM server lets students take turns: to it they all come from one address, this
 * service's. Hashed, since a front end may have put a name into it, and the LLM server can be a
 * stranger's.
 */
function userOf(name: string | null): string | null {
  return name === null ? null : createHash("sha256").update(name).digest("hex").slice(0, 32);
}
