import { z } from "zod";

/** Which secret is whose: of the endpoint that chats, of the one that makes embeddings, of somebody else's Milvus, of the Runpod account. */
export const ENDPOINT_KEYS = ["llm", "embedding", "milvus", "runpod"] as const;
export type EndpointKey = (typeof ENDPOINT_KEYS)[number];

/** Where an endpoint is and who asks; what `api.mjs --check` reads on its standard input, never as an argument. */
export const EndpointAddress = z.object({
  /** As `parseEndpointUrl` makes it. */
  url: z.string(),
  /** Sent as bearer; null for an endpoint that asks for none. */
  key: z.string().nullable(),
  /** null: the only one it offers. */
  model: z.string().nullable(),
});
export type EndpointAddress = z.infer<typeof EndpointAddress>;

export const EndpointCheckRequest = z.object({ chat: EndpointAddress.nullable(), embedding: EndpointAddress.nullable() });
export type EndpointCheckRequest = z.infer<typeof EndpointCheckRequest>;

/** How a chat endpoint wants to be asked: newer hosted models refuse what older servers need. */
export const ChatDialect = z.object({
  tokenLimit: z.enum(["max_tokens", "max_completion_tokens"]),
  /** Whether a temperature may be given. */
  temperature: z.boolean(),
});
export type ChatDialect = z.infer<typeof ChatDialect>;

/** What the check found. Its failures are MentorErrors whose codes begin with `endpoint-`. */
export interface EndpointCheckResult {
  chat: { model: string; dialect: ChatDialect; streamsUsage: boolean } | null;
  embedding: { model: string; dimension: number } | null;
}

/** A foreign endpoint as the API uses it. Holds a secret: it lives in the 0600 service file and nowhere else on the host. */
export const ChatEndpointConfig = z.object({ url: z.string(), key: z.string().nullable(), model: z.string(), dialect: ChatDialect });
export type ChatEndpointConfig = z.infer<typeof ChatEndpointConfig>;

export const EmbeddingEndpointConfig = z.object({ url: z.string(), key: z.string().nullable(), model: z.string() });
export type EmbeddingEndpointConfig = z.infer<typeof EmbeddingEndpointConfig>;
