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

async function oneStream({ url, key }: KitServer, content: string, tokens: number): Promise<{ tokensPerSecond: number; firstTokenMs: number }> {
  const asked = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content }], max_tokens: tokens, temperature: 1, seed: 1, stream: true, stream_options: { include_usage: true } }),
  });
  if (!response.ok || response.body === null) throw new Error(`The LLM server answered ${response.status}: ${await response.text()}`);
  let first: number | undefined;
  let said = "";
  for await (const bytes of response.body) {
    said += Buffer.from(bytes).toString("latin1");
    if (first === undefined && said.includes('"content":"') && !said.endsWith('"content":""')) first = performance.now();
  }
  const ended = performance.now();
  const written = Number(/"completion_tokens":(\d+)/.exec(said)?.[1]);
  if (first === undefined || !(written > 1)) throw new Error("The model wrote nothing that could be measured.");
  return { tokensPerSecond: ((written - 1) * 1000) / (ended - first), firstTokenMs: first - asked };
}
