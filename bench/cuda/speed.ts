import { ask } from "../llm/client.ts";
import type { KitServer } from "./kit-server.ts";

export interface Speed {
  streams: number;
  /** Of all streams together, from the first token of each to its last. */
  tokensPerSecond: number;
  /** Of the slowest stream. */
  firstTokenMs: number;
}

/** Writes `tokens` in each of `streams` conversations at once. */
export async function measureSpeed(server: KitServer, streams: number, tokens: number): Promise<Speed> {
  const runs = await Promise.all(Array.from({ length: streams }, (_, number) => oneStream(server, `Question ${number}: tell me everything.`, tokens)));
  return { streams, tokensPerSecond: runs.reduce((sum, run) => sum + run.tokensPerSecond, 0), firstTokenMs: Math.max(...runs.map((run) => run.firstTokenMs)) };
}

async function oneStream(server: KitServer, content: string, tokens: number): Promise<{ tokensPerSecond: number; firstTokenMs: number }> {
  const asked = performance.now();
  const { firstTokenMs, completionTokens } = await ask(server, { messages: [{ role: "user", content }], max_tokens: tokens, temperature: 1, seed: 1 });
  const writingMs = performance.now() - asked - firstTokenMs;
  if (!(completionTokens > 1) || Number.isNaN(firstTokenMs)) throw new Error("The model wrote nothing that could be measured.");
  return { tokensPerSecond: ((completionTokens - 1) * 1000) / writingMs, firstTokenMs };
}
