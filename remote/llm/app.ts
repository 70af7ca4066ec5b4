import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { guard } from "../http/guard.ts";
import type { Engine } from "./engine/engine.ts";
import type { LlmHealth } from "./health.ts";
import { chatCompletions } from "./openai/chat-completions.ts";
import { completions } from "./openai/completions.ts";
import { embeddings } from "./openai/embeddings.ts";
import { ApiError, respond } from "./openai/errors.ts";
import { modelList } from "./openai/models.ts";

/** Above any context that fits a machine; below what would fill its memory. */
const LARGEST_BODY = 16 * 1024 * 1024;

export interface AppOptions {
  key: string;
  /** Asked at every request: the server listens before the model is there. */
  health(): LlmHealth;
  /** @throws ApiError 503 while loading and while draining */
  engine(): Engine;
}

export function createApp({ key, health, engine }: AppOptions): Hono {
  const app = new Hono();
  app.use(guard({ key }));
  app.use(bodyLimit({ maxSize: LARGEST_BODY, onError: (context) => respond(context, new ApiError(413, `The request is longer than ${LARGEST_BODY} bytes.`)) }));
  app.get("/health", (context) => {
    const report = health();
    return context.json(report, report.status === "ok" ? 200 : 503);
  });
  app.get("/v1/models", (context) => context.json(modelList(engine())));
  app.post("/v1/chat/completions", async (context) => chatCompletions(context, engine().chat, await jsonOf(context)));
  app.post("/v1/completions", async (context) => completions(context, engine().chat, await jsonOf(context)));
  app.post("/v1/embeddings", async (context) => embeddings(context, engine().embedding, await jsonOf(context)));
  app.notFound((context) => respond(context, new ApiError(404, `There is no ${context.req.method} ${context.req.path} here.`, { code: "not_found" })));
  app.onError((error, context) => respond(context, error));
  return app;
}

async function jsonOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    throw new ApiError(400, "The body is not JSON.", { code: "invalid_json" });
  }
}
