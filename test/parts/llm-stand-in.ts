import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/**
 * A strict OpenAI endpoint without a model, for tests in which the model does not matter: what it
 * does not know, it refuses. Its vectors count words, so that texts which share words are near.
 */
export interface LlmStandIn {
  url: string;
  /** Bodies of the chat requests so far. */
  chats: { messages: { role: string; content: string }[]; user?: string }[];
  /** Texts embedded so far. */
  embedded: string[];
  /** Chat streams whose reader went away before their end. */
  aborted: number;
  /** What the next answers do; set by a test. */
  behaviour: { words: string[]; endless?: boolean; chatStatus?: number; embedStatus?: number; breakOff?: boolean; maxPromptCharacters?: number; dropVectors?: number };
  close(): Promise<void>;
}

const DIMENSION = 1024;

export async function startLlmStandIn(key: string): Promise<LlmStandIn> {
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const standIn: LlmStandIn = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    chats: [],
    embedded: [],
    aborted: 0,
    behaviour: { words: ["The ", "answer ", "is ", "[1]."] },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const json = (status: number, body: unknown) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    const refuse = (status: number, message: string) => json(status, { error: { message, type: "stand_in", code: null } });
    const { behaviour } = standIn;
    if (request.headers.authorization !== `Bearer ${key}`) return void refuse(401, "wrong key");
    if (request.url === "/v1/models") return void json(200, { object: "list", data: [] });
    if (request.method !== "POST" || request.headers["content-type"] !== "application/json") return void refuse(405, "JSON only");
    const body = JSON.parse(await text(request));
    if (request.url === "/v1/embeddings") {
      if (behaviour.embedStatus !== undefined) return void refuse(behaviour.embedStatus, "no embedding now");
      if (typeof body.model !== "string" || !Array.isArray(body.input)) return void refuse(422, "model and input are required");
      standIn.embedded.push(...body.input);
      const data = body.input.map((input: string, index: number) => ({ object: "embedding", index, embedding: wordVector(input) }));
      return void json(200, { object: "list", data: data.slice(behaviour.dropVectors ?? 0) });
    }
    if (request.url !== "/v1/chat/completions" || body.stream !== true || !(body.max_tokens > 0)) return void refuse(422, "a streamed chat is expected");
    standIn.chats.push(body);
    if (behaviour.chatStatus !== undefined) return void refuse(behaviour.chatStatus, "no chat now");
    if (JSON.stringify(body.messages).length > (behaviour.maxPromptCharacters ?? Infinity)) return void refuse(400, "the prompt is over the context");
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.on("close", () => (standIn.aborted += response.writableFinished ? 0 : 1));
    const send = (content: string) => response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
    for (const word of behaviour.words) send(word);
    if (behaviour.breakOff) return void response.end();
    if (!behaviour.endless) response.end("data: [DONE]\n\n");
  }

  return standIn;
}

function wordVector(input: string): number[] {
  const vector = Array.from<number>({ length: DIMENSION }).fill(0.001);
  for (const word of input.toLowerCase().match(/[\p{L}\p{N}]{4,}/gu) ?? []) {
    const place = createHash("sha256").update(word.replace(/s$/, "")).digest().readUInt16LE(0) % DIMENSION;
    vector[place]! += 1;
  }
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
