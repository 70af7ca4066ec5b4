import { MentorError } from "../../src/contract/errors.ts";
import type { Hit } from "../milvus/passage.ts";
import type { PassageStore } from "../milvus/store.ts";
import type { LlmClient } from "./llm.ts";

/** As in the original. */
export const TOP_K = 3;

/**
 * Cosine similarity under which a passage does not count as an answer. Measured with MiniLM on a
 * real course of 15 documents: the best passage of 100 questions on it had 0.44 or more (half of
 * them 0.67 or more), of 30 questions on other subjects 0.39 or less, 27 of them below this floor.
 * It stands nearer to the others, because turning a student's clumsy question away does more harm
 * than a passage too many: the model is told to say when the passages do not answer.
 */
export const SIMILARITY_FLOOR = 0.35;

/** Finds the passages that a question is answered from. */
export class Retrieval {
  readonly #store: PassageStore;
  readonly #llm: LlmClient;

  constructor(store: PassageStore, llm: LlmClient) {
    this.#store = store;
    this.#llm = llm;
  }

  /**
   * Passages above the floor, best first; none when nothing in the material fits.
   *
   * @param before the question asked before this one in the conversation. "And why?" means nothing
   *   alone: when nothing fits, the two are looked for together.
   * @throws MentorError search-failed, course-other-model
   */
  async find(question: string, before: string | null, signal: AbortSignal): Promise<Hit[]> {
    try {
      const found = await this.#nearest(question, signal);
      if (found.length > 0 || before === null) return found;
      return await this.#nearest(`${before}\n${question}`, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof MentorError) throw error;
      throw new MentorError("search-failed", "The question could not be turned into a search.", { cause: error });
    }
  }

  async #nearest(text: string, signal: AbortSignal): Promise<Hit[]> {
    const [vector] = await this.#llm.embed([text], signal);
    const hits = await this.#store.search(vector!, TOP_K);
    return hits.filter(({ score }) => score >= SIMILARITY_FLOOR);
  }
}
