import { request } from "node:http";

/** What one streamed answer brought. Milliseconds since it was asked for. */
export interface Answered {
  firstTokenMs: number;
  promptTokens: number;
  completionTokens: number;
  text: string;
}

export interface Client {
  port: number;
  key: string;
}

/** The counts of OpenAI's `usage`. */
interface Usage {
  prompt_tokens: number;
  completion_tokens?: number;
}

interface Chunk {
  choices?: { delta?: { content?: string | null } }[];
  usage?: Usage | null;
  error?: { message?: string };
}

/** Asks for a chat's next message; `onToken` hears of each piece of text. */
export async function ask(client: Client, body: object, onToken: () => void = () => undefined): Promise<Answered> {
  const startedAt = performance.now();
  let firstTokenMs = NaN;
  let usage: Usage | null = null;
  let pieces = 0;
  let text = "";
  await post(client, "/v1/chat/completions", { temperature: 0, ...body, stream: true, stream_options: { include_usage: true } }, (event) => {
    if (event === "[DONE]") return;
    const chunk = JSON.parse(event) as Chunk;
    if (chunk.error) throw new Error(chunk.error.message);
    usage = chunk.usage ?? usage;
    const content = chunk.choices?.[0]?.delta?.content;
    if (!content) return;
    if (pieces++ === 0) firstTokenMs = performance.now() - startedAt;
    text += content;
    onToken();
  });
  // llama-cpp-python's server does not count a stream's tokens: each piece is one.
  const { prompt_tokens: promptTokens = NaN, completion_tokens: completionTokens = pieces } = (usage ?? {}) as Partial<Usage>;
  return { firstTokenMs, promptTokens, completionTokens, text };
}

/** Vectors of texts, and the tokens that were read for them. */
export async function embed(client: Client, input: string[]): Promise<{ vectors: number[][]; tokens: number }> {
  let body = "";
  await post(client, "/v1/embeddings", { input, model: "embedding" }, undefined, (text) => (body += text));
  const { data, usage } = JSON.parse(body) as { data: { index: number; embedding: number[] }[]; usage: Usage };
  return { vectors: data.sort((a, b) => a.index - b.index).map(({ embedding }) => embedding), tokens: usage.prompt_tokens };
}

function post({ port, key }: Client, path: string, body: object, onEvent: (data: string) => void = () => undefined, onText?: (text: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    // A connection for each request: servers differ in how long they keep one that is idle.
    const sent = request({ agent: false, host: "127.0.0.1", port, path, method: "POST", headers: { "content-type": "application/json", authorization: `Bearer ${key}` } }, (response) => {
      let held = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => {
        if (onText && response.statusCode === 200) return onText(text);
        held += text;
        if (response.statusCode !== 200) return;
        const events = held.split(/\r?\n\r?\n/);
        held = events.pop()!;
        try {
          for (const event of events) if (event.startsWith("data: ")) onEvent(event.slice("data: ".length));
        } catch (error) {
          response.destroy(error as Error);
        }
      });
      response.once("error", reject);
      response.once("end", () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}: ${held.slice(0, 300)}`))));
    });
    sent.once("error", reject);
    sent.end(JSON.stringify(body));
  });
}
