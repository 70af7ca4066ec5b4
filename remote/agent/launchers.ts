import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { composeCommand } from "../milvus/compose.ts";
import { milvusImageCommand } from "../milvus/image/command.ts";
import { readyImage } from "../milvus/image/ready.ts";
import { milvusLiteCommand, probeMilvus } from "../milvus/lite.ts";
import { milvusServerCommand } from "../milvus/server.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { LlmServiceConfig, MilvusServiceConfig } from "../../src/contract/agent.ts";
import { endStack, readyStack } from "./compose-stack.ts";
import type { Launchers } from "./launcher.ts";
import type { Liveness } from "./liveness.ts";
import { putBackStore } from "./store-folder.ts";
import { removeOtherImages } from "./milvus-images.ts";
import { lockStore } from "./store-lock.ts";

const HTTP_SERVICE = { stopSignal: "SIGTERM", graceMs: 15_000, readyWithinMs: 180_000 } as const;

/** 45 s of refusals, 75 s of silence. Generation and embedding, search and storing are no reason: they run on other threads. */
const LIVENESS: Liveness = { everyMs: 15_000, timeoutMs: 10_000, misses: 3 };

/** Five minutes of silence: it reads documents on the thread that answers, and a large one holds it up. */
const READER_LIVENESS: Liveness = { everyMs: 30_000, timeoutMs: 30_000, misses: 5 };

const MILVUS_PROBE_MS = 10_000;

/** The real services of a kit. `node` is the program that runs the agent itself. */
export function kitLaunchers(kit: string, node: string): Launchers {
  const milvus = (config: MilvusServiceConfig): { argv: readonly string[]; env: Readonly<Record<string, string>> } => {
    const enclosure = join(kit, "loopback_only.py");
    switch (config.kind) {
      case "lite":
        return milvusLiteCommand({ ...config, packages: join(kit, "python") });
      case "server":
        return milvusServerCommand({ ...config, enclosure, program: join(kit, "milvus") });
      case "image":
        return milvusImageCommand({ ...config, enclosure, program: imageOf(config).folder });
      case "compose":
        return { argv: composeCommand(config, "up"), env: {} };
    }
  };
  return {
    llm: {
      ...HTTP_SERVICE,
      name: "llm",
      title: "The LLM server",
      liveness: LIVENESS,
      argv: (_config, file) => [node, join(kit, "llm.mjs"), "--config", file],
      does: (config, wanted) => wanted.modelLater === true && sameModels(config, wanted),
      change: (from, to) => (from.modelLater === true && sameModels(from, to) ? loadModel : null),
      probe: (config, key, signal) => answersOk(`http://127.0.0.1:${config.port}/health`, key, signal),
    },
    api: {
      ...HTTP_SERVICE,
      name: "api",
      title: "The mentor's API",
      liveness: READER_LIVENESS,
      argv: (_config, file) => [node, join(kit, "api.mjs"), "--config", file],
      probe: (config, key, signal) => answersOk(`http://127.0.0.1:${config.port}/api/alive`, key, signal),
    },
    milvus: {
      name: "milvus",
      title: "The course store (Milvus)",
      liveness: LIVENESS,
      argv: (config) => [...milvus(config).argv],
      environment: (config) => milvus(config).env,
      async hold(config, given) {
        if (config.kind === "image") await readyImage(imageOf(config), given);
        const unlock = await lockStore(`${config.dataDir}.lock`, given);
        try {
          if (config.tryCopy !== true && (await putBackStore(config.dataDir))) given.say("The course store from before an unproven copy is back");
          if (config.kind === "compose") await readyStack(config, given);
          return unlock;
        } catch (error) {
          await unlock();
          throw error;
        }
      },
      clear: async (config) => (config.kind === "compose" ? endStack(config) : undefined),
      proven: removeOtherImages,
      probe: (config) => probeMilvus(config.port, MILVUS_PROBE_MS),
      // Lite cleans up after nothing else; the server takes it as it takes SIGTERM.
      stopSignal: "SIGINT",
      graceMs: 15_000,
      readyWithinMs: 120_000,
    },
  };
}

function imageOf({ image }: MilvusServiceConfig): NonNullable<MilvusServiceConfig["image"]> {
  if (image === undefined) throw new MentorError("input-invalid", "The agent was not told which image of Milvus it is to start.");
  return image;
}

function sameModels(one: LlmServiceConfig, other: LlmServiceConfig): boolean {
  return isDeepStrictEqual({ ...one, modelLater: undefined }, { ...other, modelLater: undefined });
}

/** What an LLM server that runs already was told to wait with. */
const loadModel = ({ port }: LlmServiceConfig, key: string, signal: AbortSignal): Promise<boolean> => answersOk(`http://127.0.0.1:${port}/models/load`, key, signal, "POST");

async function answersOk(url: string, key: string, signal: AbortSignal, method: "GET" | "POST" = "GET"): Promise<boolean> {
  const response = await fetch(url, { method, headers: { authorization: `Bearer ${key}` }, signal });
  await response.body?.cancel();
  return response.ok;
}
