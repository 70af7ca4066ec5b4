import { createHash } from "node:crypto";
import type { EndpointAddress, EndpointCheckRequest, EndpointCheckResult } from "../../../contract/endpoint.ts";
import type { ModelEndpoint } from "../../../contract/session.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import { EndpointKeys } from "../endpoint-keys.ts";
import { askKit } from "./ask-kit.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** Foreign endpoints, asked from the host, before anything is started there: what they lack is said now, not in the middle of a lesson. */
export function checkEndpoint({ secrets, redact }: StepTools): StepImplementation {
  const keys = new EndpointKeys(secrets);
  const keysOf = async ({ request }: StepContext) => {
    const found = await keys.of(request);
    for (const key of [found.chat, found.embedding]) if (key !== null) redact(key);
    return found;
  };
  return {
    id: "check-endpoint",
    async run(context) {
      const { request, facts, log } = context;
      const found = await keysOf(context);
      const question: EndpointCheckRequest = { chat: addressOf(request.chatEndpoint, found.chat), embedding: addressOf(request.embeddingEndpoint, found.embedding) };
      const { chat, embedding } = await askKit<EndpointCheckResult>(context, "--check", question, "The check of the endpoint");
      const outcome: string[] = [];
      if (chat !== null && request.chatEndpoint !== undefined) {
        const { url } = request.chatEndpoint;
        facts.set("chatEndpoint", { url, model: chat.model, dialect: chat.dialect });
        facts.keep(`Questions, with passages of the course, went to ${chat.model} at ${url}; what it keeps of them is up to whoever runs it.`);
        log("info", `${chat.model} at ${url} chats and streams${chat.streamsUsage ? "" : ", without counting its tokens"}.`);
        outcome.push(chat.model);
      }
      if (embedding !== null && request.embeddingEndpoint !== undefined) {
        const { url } = request.embeddingEndpoint;
        facts.set("embeddingEndpoint", { url, ...embedding });
        facts.set("embedding", { name: embedding.model, sha256: identityOf(embedding.model) });
        facts.keep(`The course's text went to ${embedding.model} at ${url} to be made searchable; what it keeps of it is up to whoever runs it.`);
        log("info", `${embedding.model} at ${url} makes embeddings of ${embedding.dimension} dimensions.`);
        outcome.push(`${embedding.model}, ${embedding.dimension} dimensions`);
      }
      return { outcome: outcome.join("; ") };
    },
    // It leaves nothing on the host; what it found is among the facts. The keys must be known again, to be kept out of the logs.
    async adopt(context) {
      await keysOf(context);
      return true;
    },
  };
}

const addressOf = (endpoint: ModelEndpoint | undefined, key: string | null): EndpointAddress | null => (endpoint === undefined ? null : { url: endpoint.url, key, model: endpoint.model ?? null });

/** An endpoint shows no file to hash: its model is known by its name, and by the length of its vectors besides. */
const identityOf = (model: string): string => createHash("sha256").update(`openai-compatible endpoint\n${model}`).digest("hex");
