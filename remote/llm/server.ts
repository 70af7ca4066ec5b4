import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import type { ServiceFile, ServiceOutput } from "../../src/contract/agent.ts";
import { MentorError, toErrorReport } from "../../src/contract/errors.ts";
import type { Progress } from "../../src/contract/progress.ts";
import { activityTeller } from "../http/activity.ts";
import { createApp } from "./app.ts";
import { loadEngine, type Engine } from "./engine/engine.ts";
import { healthOf, stoppingHealth } from "./health.ts";
import { ApiError } from "./openai/errors.ts";

/** Waiting requests for each conversation that is answered at once. */
const QUEUE_PER_SLOT = 8;
const LOADING_RETRY_SECONDS = 2;
/** What readers get to take in the end of an answer that was broken off. Milliseconds. */
const FAREWELL = 1000;

export interface LlmServerOptions {
  config: ServiceFile<"llm">;
  /** Requests that may wait for a slot; default eight for each. */
  queueLimit?: number;
  output?(line: ServiceOutput): void;
}

export interface LlmServer {
  /** The port it listens on; another than asked for where that was 0. */
  port: number;
  /** Resolves when the models answer, but for one that comes later; rejects with a MentorError when one cannot be loaded. */
  ready: Promise<void>;
  /**
   * Refuses new requests with 503, lets running and waiting ones go on for `drainMs` (default 0),
   * ends the rest with an error that says so.
   */
  close(drainMs?: number): Promise<void>;
}

/**
 * Listens at once and loads then, so that `/health` can tell how far it is. A chat model that comes
 * later is loaded when it is asked for; until it is asked for, that it is missing is no illness. Where
 * it cannot be loaded the output says why, and embeddings are made as before: it may be asked for again.
 *
 * @throws MentorError port-in-use
 */
export async function startLlmServer({ config, queueLimit = config.parallel * QUEUE_PER_SLOT, output = () => undefined }: LlmServerOptions): Promise<LlmServer> {
  let engine: Engine | null = null;
  let progress: Progress | null = null;
  let closing = false;
  /** Of the chat model that comes later. */
  let loadingLater: Promise<void> | null = null;
  /** Of the loading. */
  const loadingEnds = new AbortController();
  /** Of whatever still runs. */
  const ending = new AbortController();

  const loadLater = async (loaded: Engine): Promise<void> => {
    try {
      await loaded.loadLater();
      output(memoryLine(loaded.usedBytes(), config.predictedBytes ?? null));
    } catch (error) {
      if (!closing) output({ error: toErrorReport(error) });
    }
  };

  const app = createApp({
    key: config.key,
    health: () => {
      if (closing) return stoppingHealth(engine);
      return engine === null || loadingLater !== null ? { status: "loading", progress } : healthOf(engine, config.predictedBytes ?? null);
    },
    engine: () => {
      if (closing) throw unavailable("The server is stopping.", "stopping");
      if (engine === null) throw unavailable("The model is still being loaded.", "loading");
      return engine;
    },
    chat: (loaded) => {
      if (loaded.chat === null && config.modelLater === true) throw unavailable("The model is not there yet.", "loading");
      return loaded.chat;
    },
    load: (loaded) => {
      if (loaded.chat === null && config.modelLater === true) loadingLater ??= loadLater(loaded).finally(() => (loadingLater = null));
    },
    ending: ending.signal,
    used: activityTeller(output),
  });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const open = new Set<ServerResponse>();
  server.on("request", (_, response: ServerResponse) => {
    open.add(response);
    response.once("close", () => open.delete(response));
  });
  await listen(server, config.port);

  const loading = loadEngine({
    config,
    queueLimit,
    signal: loadingEnds.signal,
    output: (line) => {
      if ("progress" in line) progress = line.progress;
      output(line);
    },
  });
  const ready = (async () => {
    engine = await loading;
    output(memoryLine(engine.usedBytes(), config.predictedBytes ?? null));
  })();
  // Whoever waits for it meets the failure; nobody has to.
  ready.catch(() => undefined);

  return {
    port: (server.address() as AddressInfo).port,
    ready,
    close: async (drainMs = 0) => {
      closing = true;
      loadingEnds.abort();
      // It goes on listening: whoever comes now is to hear why, not to find nobody there.
      await within(drainMs, allClosed(open));
      const reason = unavailable("The server is stopping and ends this answer here.", "stopping");
      engine?.chat?.scheduler.end(reason);
      ending.abort(reason);
      await within(FAREWELL, allClosed(open));
      const stopped = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await stopped;
      const loaded = await loading.catch(() => null);
      await loadingLater;
      await loaded?.chat?.scheduler.idle();
      await loaded?.dispose();
    },
  };
}

/** Said once the models are there: on a processor the weights' pages come in with the first answers only. */
function memoryLine(used: number, predicted: number | null): ServiceOutput {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;
  if (predicted === null) return { log: `Memory in use: ${gigabytes(used)}.` };
  const more = used > predicted;
  return { log: `Memory in use: ${gigabytes(used)}; ${gigabytes(predicted)} were reckoned with${more ? ", which was too little" : ""}.`, level: more ? "warn" : "info" };
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

/** Resolves when none of the answers that are open now is so any more. */
async function allClosed(open: ReadonlySet<ServerResponse>): Promise<void> {
  await Promise.all([...open].map((response) => new Promise((resolve) => response.once("close", resolve))));
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = Promise.withResolvers<void>();
  const timeout = setTimeout(timer.resolve, ms);
  await Promise.race([work, timer.promise]);
  clearTimeout(timeout);
}
