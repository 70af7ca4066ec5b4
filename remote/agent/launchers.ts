import { availableParallelism } from "node:os";
import { join } from "node:path";
import { milvusLiteCommand, probeMilvus } from "../milvus/lite.ts";
import { milvusServerCommand } from "../milvus/server.ts";
import type { MilvusServiceConfig } from "../../src/contract/agent.ts";
import type { Launchers } from "./launcher.ts";
import type { Liveness } from "./liveness.ts";
import { lockStore } from "./store-lock.ts";

const HTTP_SERVICE = { stopSignal: "SIGTERM", graceMs: 15_000, readyWithinMs: 180_000 } as const;

/** 45 s of refusals, 75 s of silence. Generation and embedding, search and storing are no reason: they run on other threads. */
const LIVENESS: Liveness = { everyMs: 15_000, timeoutMs: 10_000, misses: 3 };

/** Five minutes of silence: it reads documents on the thread that answers, and a large one holds it up. */
const READER_LIVENESS: Liveness = { everyMs: 30_000, timeoutMs: 30_000, misses: 5 };

const MILVUS_PROBE_MS = 10_000;

/** The real services of a kit. `node` is the program that runs the agent itself. */
export function kitLaunchers(kit: string, node: string): Launchers {
  const milvus = (config: MilvusServiceConfig) =>
    config.kind === "server"
      ? milvusServerCommand({ ...config, enclosure: join(kit, "loopback_only.py"), program: join(kit, "milvus") })
      : milvusLiteCommand({ ...config, packages: join(kit, "python") });
  return {
    llm: {
      ...HTTP_SERVICE,
      name: "llm",
      title: "The LLM server",
      liveness: LIVENESS,
      argv: (_config, file) => [node, join(kit, "llm.mjs"), "--config", file],
      // Sampling runs in libuv's pool, whose size is fixed when the process starts.
      environment: (config) => ({ UV_THREADPOOL_SIZE: String(Math.max(4, config.threads ?? 0, config.parallel, availableParallelism())) }),
      probe: (config, key, signal) => answersOk(`http://127.0.0.1:${config.port}/health`, key, signal),
    },
    api: {
      ...HTTP_SERVICE,
      name: "api",
      title: "The mentor's API",
      liveness: READER_LIVENESS,
      argv: (_config, file) => [node, join(kit, "api.mjs"), "--config", file],
      probe: (config, key, signal) => answersOk(`http://127.0.0.1:${config.port}/api/health`, key, signal),
    },
    milvus: {
      name: "milvus",
      title: "The course store (Milvus)",
      liveness: LIVENESS,
      argv: (config) => [...milvus(config).argv],
      environment: (config) => milvus(config).env,
      hold: (config, given) => lockStore(`${config.dataDir}.lock`, given),
      probe: (config) => probeMilvus(config.port, MILVUS_PROBE_MS),
      // Lite cleans up after nothing else; the server takes it as it takes SIGTERM.
      stopSignal: "SIGINT",
      graceMs: 15_000,
      readyWithinMs: 120_000,
    },
  };
}

async function answersOk(url: string, key: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal });
  await response.body?.cancel();
  return response.ok;
}
