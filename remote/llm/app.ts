import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { guard } from "../http/guard.ts";
import type { Engine, LoadedChat } from "./engine/engine.ts";
import type { LlmHealth } from "./health.ts";
import { HttpAnswers } from "./inspection/http-answers.ts";
import { METRICS_TYPE, metricsOf } from "./inspection/metrics.ts";
import { applyTemplate } from "./inspection/prompt.ts";
import { slotList } from "./inspection/slots.ts";
import { detokenize, tokenize } from "./inspection/tokens.ts";
import { chatCompletions } from "./openai/chat-completions.ts";
import { completions } from "./openai/completions.ts";
import { embeddings } from "./openai/embeddings.ts";
import { ApiError, respond } from "./openai/errors.ts";
import { modelEntry, modelList } from "./openai/models.ts";

/** Above any context that fits a machine; below what would fill its memory. */
const LARGEST_BODY = 16 * 1024 * 1024;

export interface AppOptions {
  key: string;
  /** Asked at every request: the server listens before the model is there. */
  health(): LlmHealth;
  /** @throws ApiError 503 while loading and while draining */
  engine(): Engine;
  /** null where there is none. @throws ApiError 503 until the one that comes later is loaded */
  chat(engine: Engine): LoadedChat | null;
  /** The chat model that comes later is there: it is loaded. Does nothing while it is, and once it has been. */
  load(engine: Engine): void;
  /** Aborted, with the reason as an ApiError, when what still runs is to end. */
  ending: AbortSignal;
  /** Somebody asks for something. */
  used(): void;
}

export function createApp({ key, health, engine, chat, load, ending, used }: AppOptions): Hono {
  const app = new Hono();
  const chatting = (): LoadedChat => {
    const loaded = engine();
    return chat(loaded) ?? noChat(loaded);
  };
  const answers = new HttpAnswers();
  app.use(answers.count());
  app.use(guard({ key }));
  app.use(async (context, next) => {
    if (context.req.method === "POST") used();
    await next();
  });
  app.use(bodyLimit({ maxSize: LARGEST_BODY, onError: (context) => respond(context, new ApiError(413, `The request is longer than ${LARGEST_BODY} bytes.`)) }));

  // Also without the version: what a client asks for whose base URL was given without it.
  for (const path of ["/health", "/v1/health"]) {
    app.get(path, (context) => {
      const report = health();
      return context.json(report, report.status === "ok" ? 200 : 503);
    });
  }
  for (const base of ["", "/v1"]) {
    app.get(`${base}/models`, (context) => context.json(modelList(engine())));
    app.get(`${base}/models/:id`, (context) => context.json(modelEntry(engine(), context.req.param("id"))));
    app.post(`${base}/chat/completions`, async (context) => chatCompletions(context, chatting(), await jsonOf(context)));
    app.post(`${base}/completions`, async (context) => completions(context, chatting(), await jsonOf(context)));
    app.post(`${base}/embeddings`, async (context) => embeddings(context, engine().embedding, await jsonOf(context), ending));
  }

  // As llama-server's router has it; which file it is stands in the configuration, so that nobody else's can be asked for.
  app.post("/models/load", (context) => {
    load(engine());
    return context.json({ success: true });
  });
  app.post("/tokenize", async (context) => context.json(tokenize(chatting(), await jsonOf(context))));
  app.post("/detokenize", async (context) => context.json(detokenize(chatting(), await jsonOf(context))));
  app.post("/apply-template", async (context) => context.json(applyTemplate(chatting(), await jsonOf(context))));
  app.get("/slots", (context) => {
    const loaded = chatting();
    if (context.req.query("fail_on_no_slot") !== undefined && loaded.scheduler.active === loaded.scheduler.slots().length) throw new ApiError(503, "Every slot is taken.", { code: "no_slot_available" });
    return context.json(slotList(loaded));
  });
  app.get("/metrics", (context) => context.body(metricsOf(engine(), answers), 200, { "content-type": METRICS_TYPE }));
  app.notFound((context) => respond(context, new ApiError(404, `There is no ${context.req.method} ${context.req.path} here.`, { code: "not_found" })));
  app.onError((error, context) => respond(context, error));
  return app;
}

function noChat({ embedding }: Engine): never {
  throw new ApiError(404, `No chat model is loaded on this server, only ${embedding?.id ?? "none"} for embeddings.`, { code: "model_not_found" });
}

async function jsonOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    throw new ApiError(400, "The body is not JSON.", { code: "invalid_json" });
  }
}
