import type { Context } from "hono";
import { z } from "zod";
import type { Engine } from "../engine/engine.ts";
import { ApiError, parse } from "./errors.ts";

const MOST_TEXTS = 2048;

const EmbeddingRequest = z.strictObject({
  input: z.union([z.string().min(1), z.array(z.string().min(1)).min(1).max(MOST_TEXTS)]),
  model: z.string().nullish(),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().nullish(),
  user: z.string().nullish(),
});

export async function embeddings(context: Context, embedding: Engine["embedding"], body: unknown, ending: AbortSignal): Promise<Response> {
  const request = parse(EmbeddingRequest, body);
  if (embedding === null) throw new ApiError(404, "No embedding model is loaded on this server.", { code: "model_not_found" });
  const { embedder, id } = embedding;
  if (request.dimensions != null && request.dimensions !== embedder.dimensions) {
    throw new ApiError(400, `dimensions: ${id} makes vectors of ${embedder.dimensions} dimensions only.`, { param: "dimensions", code: "invalid_value" });
  }
  const texts = [request.input].flat().map((text) => embedder.tokenize(text));
  const lengths = texts.map((tokens) => embedder.length(tokens));
  const tooLong = lengths.findIndex((length) => length > embedder.maxTokens);
  if (tooLong >= 0) {
    throw new ApiError(400, `Text ${tooLong + 1} of ${texts.length} has ${lengths[tooLong]} tokens, and ${id} reads at most ${embedder.maxTokens} at once.`, {
      param: "input",
      code: "context_length_exceeded",
    });
  }
  const vectors = await embedder.embed(texts, AbortSignal.any([context.req.raw.signal, ending]));
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  return context.json({
    object: "list",
    model: id,
    data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: request.encoding_format === "base64" ? toBase64(vector) : [...vector] })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

/** Little-endian 32-bit floats, whatever this machine's order is. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
