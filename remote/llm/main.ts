import { availableParallelism } from "node:os";
import type { LlmServiceConfig, ServiceOutput } from "../../src/contract/agent.ts";
import { toErrorReport } from "../../src/contract/errors.ts";
import { outliveAgent, tellAgent } from "../http/to-agent.ts";
import { readConfig } from "./config.ts";
import { startLlmServer } from "./server.ts";

/** Milliseconds that running answers get when the server is told to stop. */
const DRAIN = 3000;
/** Progress is told at most this often. Milliseconds. */
const PROGRESS_EVERY = 250;

/**
 * node-llama-cpp evaluates and samples on libuv's pool. On a graphics card many sample at once. On
 * the processor one thread does all: llama.cpp starts its other threads anew for each evaluation,
 * and a second pool thread that wakes for nothing just then takes the core that is meant for them.
 * Two threads then share one core while the other is idle. Measured on two cores: 16 ms for a
 * token instead of 8.
 */
function sizePool(gpu: LlmServiceConfig["gpu"]): void {
  process.env.UV_THREADPOOL_SIZE ??= String(gpu === "cpu" ? 1 : Math.max(4, Math.min(32, availableParallelism() * 2)));
}

let lastProgress = { at: -Infinity, detail: "" };

function say(line: ServiceOutput): void {
  if ("progress" in line) {
    const { done, total, detail } = line.progress;
    if (done !== total && detail === lastProgress.detail && performance.now() - lastProgress.at < PROGRESS_EVERY) return;
    lastProgress = { at: performance.now(), detail };
  }
  tellAgent(line);
}

let stopping = false;

try {
  outliveAgent();
  const config = await readConfig(process.argv.slice(2));
  sizePool(config.gpu);
  const server = await startLlmServer({ config, output: say });
  const stop = async () => {
    if (stopping) return;
    stopping = true;
    await server.close(DRAIN);
    process.exit(0);
  };
  // Not `once`: a library's own handler ends the process at once where it finds itself alone.
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  await server.ready;
  const does = config.modelLater === true ? "Making embeddings until the chat model is there" : "Answering";
  say({ log: `${does} on http://127.0.0.1:${server.port}/v1 with ${config.parallel} conversations at once.` });
} catch (error) {
  if (!stopping) {
    say({ error: toErrorReport(error) });
    // Native threads and the open port would keep the process; what was said is written out first.
    process.stdout.write("", () => process.exit(1));
  }
}
