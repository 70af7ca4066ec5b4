import type { ServiceFile } from "../../../src/contract/agent.ts";
import { startLlmServer, type LlmServer, type LlmServerOptions } from "../../../remote/llm/server.ts";
import { chatModel } from "../../parts/models.ts";

export const KEY = "test-key-".padEnd(40, "x");

/** One thread: a busy machine stalls llama.cpp's threads, which wait for one another. */
export async function llmConfig(changes: Partial<ServiceFile<"llm">> = {}): Promise<ServiceFile<"llm">> {
  return { key: KEY, port: 0, model: await chatModel(), embeddingModel: null, gpu: "cpu", contextTokens: 256, parallel: 2, threads: 1, ...changes };
}

export async function startedServer(changes: Partial<ServiceFile<"llm">> = {}, options: Partial<LlmServerOptions> = {}): Promise<LlmServer> {
  const server = await startLlmServer({ config: await llmConfig(changes), ...options });
  await server.ready;
  return server;
}

export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- the shape is what the tests look at
  body: any;
}

export async function call(server: LlmServer, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${KEY}`, ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

/** The data lines of an event stream, the last one (`[DONE]`) included. */
export async function streamed(server: LlmServer, path: string, body: object, signal?: AbortSignal): Promise<string[]> {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body: JSON.stringify({ ...body, stream: true }), signal });
  const text = await response.text();
  return text.split("\n\n").filter(Boolean).map((event) => event.replace(/^data: /, ""));
}
