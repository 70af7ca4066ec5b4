import { ask, embed, type Answered, type Client } from "./client.ts";
import type { Engine } from "./engine.ts";
import { material, passage, question, sentence, shortPrompt, story } from "./texts.ts";

/** What a case brought: tokens that were made (for embeddings: read), and how long each first token took. */
export interface Outcome {
  tokens: number;
  /** Milliseconds; of a request for vectors, until all of them are there. */
  firstTokensMs: number[];
}

export interface Run {
  client: Client;
  engine: Engine;
  /** Differs from round to round, so that no engine finds the round before in its memory. */
  mark: string;
}

export interface Case {
  name: string;
  /** Asks the server of the embedding model. */
  embeds?: true;
  /** Before the measurement begins. */
  prepare?(run: Run): Promise<void>;
  measure(run: Run): Promise<Outcome>;
}

const user = (content: string) => [{ role: "user", content }];
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Every engine does the same work, or there is nothing to compare. */
function complete(answers: Answered[], tokens: number): Outcome {
  const short = answers.find(({ completionTokens }) => completionTokens !== tokens);
  if (short !== undefined) throw new Error(`an answer has ${short.completionTokens} tokens where ${tokens} were asked for`);
  return { tokens: answers.length * tokens, firstTokensMs: answers.map(({ firstTokenMs }) => firstTokenMs) };
}

async function oneByOne(count: number, work: (index: number) => Promise<Answered>): Promise<Answered[]> {
  const answers: Answered[] = [];
  for (const index of range(count)) answers.push(await work(index));
  return answers;
}

const oneStream: Case = {
  name: "one stream",
  measure: async ({ client, mark }) => complete(await oneByOne(3, (index) => ask(client, { messages: user(story(mark, index)), max_tokens: 96 })), 96),
};

const sharedPrefix: Case = {
  name: "8 streams, shared prefix",
  measure: async ({ client, mark }) => {
    const system = { role: "system", content: material(mark) };
    return complete(await Promise.all(range(8).map((index) => ask(client, { messages: [system, ...user(question(index))], max_tokens: 48 }))), 48);
  },
};

const shortPrompts: Case = {
  name: "32 streams, short prompts",
  measure: async ({ client, mark }) => complete(await Promise.all(range(32).map((index) => ask(client, { messages: user(shortPrompt(mark, index)), max_tokens: 24 }))), 24),
};

const LATE = 2;

const lateArrival: Case = {
  name: "late arrival beside 7",
  measure: async ({ client, mark }) => {
    const [running, late] = [112, 8];
    const underWay = Promise.withResolvers<void>();
    let pieces = 0;
    const seven = Promise.all(range(7).map((index) => ask(client, { messages: user(story(`${mark} seven`, index)), max_tokens: running }, () => ++pieces === 7 * 8 && underWay.resolve())));
    seven.catch(underWay.reject);
    await underWay.promise;
    const latecomers = await oneByOne(LATE, (index) => ask(client, { messages: user(`${mark} ${range(5).map(sentence).join(" ")} ${question(index)}`), max_tokens: late }));
    const { tokens } = complete(await seven, running);
    const outcome = complete(latecomers, late);
    return { ...outcome, tokens: tokens + outcome.tokens };
  },
};

const prefixHit: Case = {
  name: "prefix hit",
  prepare: async ({ client, mark }) => void (await ask(client, { messages: hit(mark, 0), max_tokens: 1 })),
  measure: async ({ client, mark }) => complete(await oneByOne(4, (index) => ask(client, { messages: hit(mark, index + 1), max_tokens: 16 })), 16),
};

const hit = (mark: string, index: number) => [{ role: "system", content: material(`${mark} again`) }, ...user(question(index))];

const embeddings: Case = {
  name: "256 embeddings",
  embeds: true,
  measure: async ({ client, mark }) => {
    const startedAt = performance.now();
    const { vectors, tokens } = await embed(client, range(256).map((index) => passage(mark, index)));
    if (vectors.length !== 256) throw new Error(`${vectors.length} vectors came for 256 texts`);
    return { tokens, firstTokensMs: [performance.now() - startedAt] };
  },
};

const SCHEMA = {
  type: "object",
  properties: { title: { type: "string", maxLength: 40 }, year: { type: "integer" }, words: { type: "array", items: { type: "string", maxLength: 20 }, minItems: 6, maxItems: 6 } },
  required: ["title", "year", "words"],
  additionalProperties: false,
};

const jsonSchema: Case = {
  name: "JSON schema",
  measure: async ({ client, engine, mark }) => {
    const answers = await oneByOne(3, (index) => ask(client, { messages: user(`Edition ${mark}. Describe the book number ${index + 1} of your choice.`), max_tokens: 200, response_format: engine.responseFormat(SCHEMA) }));
    for (const { text } of answers) JSON.parse(text);
    return { tokens: answers.reduce((sum, { completionTokens }) => sum + completionTokens, 0), firstTokensMs: answers.map(({ firstTokenMs }) => firstTokenMs) };
  },
};

export const CASES: readonly Case[] = [oneStream, sharedPrefix, shortPrompts, lateArrival, prefixHit, embeddings, jsonSchema];
