import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/**
 * Somebody else's OpenAI-compatible server, as strict as hosted ones are: it refuses every parameter
 * that is not OpenAI's, a missing model name, and a wrong key. What it lacks, a test sets.
 */
export interface ForeignEndpoint {
  url: string;
  /** Paths and bodies of the requests that carried the right key. */
  requests: { path: string; body: Record<string, unknown> }[];
  behaviour: Behaviour;
  close(): Promise<void>;
}

export interface Behaviour {
  /** What it lists; null for an endpoint that does not list. */
  models: string[] | null;
  chatModel: string | null;
  embeddingModel: string | null;
  dimension: number;
  /** Off: it refuses `stream`, or answers whole all the same. */
  streaming: "on" | "refused" | "ignored" | "broken-off";
  usage: "on" | "unknown" | "ignored";
  /** As newer hosted models: no `max_tokens`, and no temperature but their own. */
  modern: boolean;
  /** Refusals that come before any answer, in turn. */
  refusals: { status: number; retryAfter?: string; code?: string }[];
  redirect: string | null;
}

export interface ForeignEndpointOptions {
  /** null: it asks for none. */
  key: string | null;
  tls?: { key: string; cert: string };
}

const PARAMETERS = new Set(["model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stream", "stream_options", "stop", "n", "user"]);

export async function startForeignEndpoint({ key, tls }: ForeignEndpointOptions, changes: Partial<Behaviour> = {}): Promise<ForeignEndpoint> {
  const listener: RequestListener = (request, response) => void handle(request, response).catch(() => response.destroy());
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint: ForeignEndpoint = {
    url: `http${tls === undefined ? "" : "s"}://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: [],
    behaviour: { models: ["chatty", "vectors"], chatModel: "chatty", embeddingModel: "vectors", dimension: 8, streaming: "on", usage: "on", modern: false, refusals: [], redirect: null, ...changes },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { behaviour } = endpoint;
    const json = (status: number, body: unknown, headers: Record<string, string> = {}) => void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
    const refuse = (status: number, message: string, code: string | null = null, headers: Record<string, string> = {}) => json(status, { error: { message, type: "invalid_request_error", param: null, code } }, headers);
    const given = request.headers.authorization;
    // It repeats the key, as some do.
    if (key !== null && given !== `Bearer ${key}`) return refuse(401, `Incorrect API key provided: ${given?.replace("Bearer ", "") ?? "none"}`, "invalid_api_key");
    if (behaviour.redirect !== null) return void response.writeHead(308, { location: behaviour.redirect }).end();
    const path = request.url ?? "";
    const body = request.method === "POST" ? (JSON.parse(await text(request)) as Record<string, unknown>) : {};
    endpoint.requests.push({ path, body });
    const refusal = behaviour.refusals.shift();
    if (refusal !== undefined) return refuse(refusal.status, "Try again later.", refusal.code ?? null, refusal.retryAfter === undefined ? {} : { "retry-after": refusal.retryAfter });
    if (path === "/v1/models") return behaviour.models === null ? refuse(404, "Not found") : json(200, { object: "list", data: behaviour.models.map((id) => ({ id, object: "model" })) });

    if (path === "/v1/embeddings") {
      if (behaviour.embeddingModel === null) return refuse(501, "This server does not support embeddings.");
      if (body.model !== behaviour.embeddingModel) return refuse(404, `The model ${String(body.model)} does not exist`, "model_not_found");
      const inputs = body.input as string[];
      const data = inputs.map((_, index) => ({ object: "embedding", index, embedding: Array.from({ length: behaviour.dimension }, (__, place) => (place === index % behaviour.dimension ? 1 : 0.1)) }));
      return json(200, { object: "list", model: body.model, data: data.toReversed() });
    }
    if (path !== "/v1/chat/completions") return refuse(404, "Not found");
    if (behaviour.chatModel === null) return refuse(400, "This is not a chat model.");
    const unknown = Object.keys(body).find((name) => !PARAMETERS.has(name));
    if (unknown !== undefined) return refuse(400, `Unrecognized request argument supplied: ${unknown}`);
    if (body.model !== behaviour.chatModel) return refuse(404, `The model ${String(body.model)} does not exist`, "model_not_found");
    if (behaviour.modern && "max_tokens" in body) return refuse(400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "unsupported_parameter");
    if (behaviour.modern && "temperature" in body) return refuse(400, "Unsupported value: 'temperature' does not support 0.2 with this model.", "unsupported_value");
    if (body.stream_options !== undefined && (behaviour.usage === "unknown" || body.stream !== true)) return refuse(400, "Unrecognized request argument supplied: stream_options");
    if (body.stream !== true || behaviour.streaming === "ignored") return json(200, { object: "chat.completion", choices: [{ index: 0, message: { role: "assistant", content: "Yes" }, finish_reason: "length" }] });
    if (behaviour.streaming === "refused") return refuse(400, "Streaming is switched off.");
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (chunk: object) => response.write(`data: ${JSON.stringify({ object: "chat.completion.chunk", ...chunk })}\n\n`);
    send({ choices: [{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }] });
    for (const content of ["Yes", ", ", "so it is."]) send({ choices: [{ index: 0, delta: { content }, finish_reason: null }] });
    if (behaviour.streaming === "broken-off") return void response.end();
    send({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
    if (body.stream_options !== undefined && behaviour.usage === "on") send({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 3, total_tokens: 6 } });
    response.end("data: [DONE]\n\n");
  }

  return endpoint;
}
