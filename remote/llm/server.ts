import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { ServiceFile, ServiceOutput } from "../../src/contract/agent.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { Progress } from "../../src/contract/progress.ts";
import { createApp } from "./app.ts";
import { loadEngine, type Engine } from "./engine/engine.ts";
import { healthOf } from "./health.ts";
import { ApiError } from "./openai/errors.ts";

/** Waiting requests for each conversation that is answered at once. */
const QUEUE_PER_SLOT = 8;
const LOADING_RETRY_SECONDS = 2;

export interface LlmServerOptions {
  config: ServiceFile<"llm">;
  /** Requests that may wait for a slot; default eight for each. */
  queueLimit?: number;
  output?(line: ServiceOutput): void;
}

export interface LlmServer {
  /** The port it listens on; another than asked for where that was 0. */
  port: number;
  /** Resolves when the model answers; rejects with a MentorError when it cannot be loaded. */
  ready: Promise<void>;
  /** Takes no new requests, lets running ones go on for `drainMs` (default 0), ends the rest. */
  close(drainMs?: number): Promise<void>;
}

/**
 * Listens at once and loads then, so that `/health` can tell how far it is.
 *
 * @throws MentorError port-in-use
 */
export async function startLlmServer({ config, queueLimit = config.parallel * QUEUE_PER_SLOT, output = () => undefined }: LlmServerOptions): Promise<LlmServer> {
  let engine: Engine | null = null;
  let progress: Progress | null = null;
  let closing = false;
  const ending = new AbortController();

  const app = createApp({
    key: config.key,
    health: () => (engine === null ? { status: "loading", progress } : healthOf(engine)),
    engine: () => {
      if (closing) throw unavailable("The server is stopping.", "stopping");
      if (engine === null) throw unavailable("The model is still being loaded.", "loading");
      return engine;
    },
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await listen(server, config.port);

  const loading = loadEngine({
    config,
    queueLimit,
    signal: ending.signal,
    output: (line) => {
      if ("progress" in line) progress = line.progress;
      output(line);
    },
  });
  const ready = (async () => {
    engine = await loading;
  })();
  // Whoever waits for `ready` meets the failure; nobody has to.
  ready.catch(() => undefined);

  return {
    port: (server.address() as AddressInfo).port,
    ready,
    close: async (drainMs = 0) => {
      closing = true;
      ending.abort();
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      if (engine !== null && drainMs > 0) await within(drainMs, engine.chat.scheduler.idle());
      server.closeAllConnections();
      await stopped;
      const loaded = await loading.catch(() => null);
      await loaded?.chat.scheduler.idle();
      await loaded?.dispose();
    },
  };
}

function unavailable(why: string, code: string): ApiError {
  return new ApiError(503, why, { code, retryAfter: LOADING_RETRY_SECONDS });
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== "EADDRINUSE" && cause.code !== "EACCES") throw cause;
    throw new MentorError("port-in-use", `Port ${port} for the language model is taken by another program.`, { cause, details: { port } });
  });
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = Promise.withResolvers<void>();
  const timeout = setTimeout(timer.resolve, ms);
  await Promise.race([work, timer.promise]);
  clearTimeout(timeout);
}
