import type { SelfCheckResult } from "../../src/contract/chat.ts";
import { toErrorReport } from "../../src/contract/errors.ts";
import { PassageStore, type StoreOptions } from "../milvus/store.ts";
import { Conversations } from "./conversations.ts";
import { readMarkdown } from "./documents/markdown.ts";
import type { LlmClient } from "./llm.ts";
import { Mentor } from "./mentor.ts";
import { embeddingText, toPassages } from "./passages.ts";
import { Retrieval } from "./retrieval.ts";

const FILE = "self-check.md";
const PAGE = `# The lighthouse of Aldermere

## The lamp
The lamp of the lighthouse burns rapeseed oil. The keeper lights it at sunset and trims its wick every four hours.

## The fog bell
In fog the keeper rings the bronze bell twice every minute, until the harbour can be seen again.

## The boat
A small rowing boat brings bread, milk and letters on Tuesdays.
`;
const QUESTION = "How often does the keeper ring the bronze bell in fog?";
const EXPECTED = "The lighthouse of Aldermere › The fog bell";

/**
 * The whole way once, on a page of our own: cut, embed, store, search, answer. The course's own
 * collection is not touched, and the model's wording is not judged.
 *
 * @param keep the check's own collection for the next one: a server takes seconds to make one while it loads the course's
 */
export async function selfCheck(options: StoreOptions, llm: LlmClient, signal: AbortSignal, keep: boolean): Promise<SelfCheckResult> {
  // A fixed name: what an earlier check left is written anew.
  const store = new PassageStore({ ...options, collection: `${options.collection}_self_check` });
  try {
    const passages = toPassages(FILE, readMarkdown(PAGE));
    const vectors = await llm.embed(passages.map(embeddingText), signal);
    const write = () => store.replaceDocument(FILE, "0".repeat(64), passages.map((passage, index) => ({ ...passage, vector: vectors[index]! })), signal);
    await write().catch(async () => {
      signal.throwIfAborted();
      // It may be of another model, or damaged.
      await store.drop();
      await write();
    });
    const retrieval = new Retrieval(store, llm);
    const cited = (await retrieval.find(QUESTION, null, signal))[0]?.metadata.section ?? null;
    if (cited !== EXPECTED) {
      const found = cited === null ? "nothing" : `the one under “${cited}”`;
      return { passed: false, firstTokenSeconds: 0, reason: `For the test question the passage under “${EXPECTED}” was expected, ${found} was found.` };
    }
    const asked = performance.now();
    for await (const event of new Mentor(retrieval, llm, new Conversations()).answer({ message: QUESTION }, signal)) {
      // The first token proves the way; leaving the loop here ends the model's work.
      if (event.type === "token") return { passed: true, firstTokenSeconds: (performance.now() - asked) / 1000, reason: null };
    }
    throw new Error("The answer had no token.");
  } catch (error) {
    signal.throwIfAborted();
    const { message, causes = [] } = toErrorReport(error);
    return { passed: false, firstTokenSeconds: 0, reason: [message, ...causes].join(" ") };
  } finally {
    if (!keep) await store.drop().catch(() => {});
    await store.close();
  }
}
