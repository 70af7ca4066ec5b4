import type { LlmServiceConfig } from "../../src/contract/agent.ts";
import type { Progress } from "../../src/contract/progress.ts";
import type { Engine, LoadedChat } from "./engine/engine.ts";

/** Bytes, of the graphics card's memory where there is one in use, else of the computer's. */
export interface MemoryUse {
  usedBytes: number;
  /** Before anything was loaded; null where nobody reckoned. */
  predictedBytes: number | null;
}

/** What `/health` answers: 503 while the model is loading and while the server stops, 200 in between. */
export type LlmHealth =
  | { status: "loading"; progress: Progress | null }
  /** It takes nobody in any more; requests that are still being answered, and waiting for a slot. */
  | { status: "stopping"; active: number; waiting: number }
  | {
      status: "ok";
      /** null where only embeddings are made; the figures of the chat model are then zero. */
      model: string | null;
      embeddingModel: string | null;
      gpu: LlmServiceConfig["gpu"];
      /** Layers of the chat model, and how many of them are on the GPU. */
      layers: number;
      gpuLayers: number;
      /** Of one conversation, prompt and answer together. */
      contextTokens: number;
      /** Requests being answered, and waiting for a slot. */
      active: number;
      waiting: number;
      /** Since the start. */
      counters: Partial<LoadedChat["scheduler"]["counters"]>;
      requests: Partial<LoadedChat["scheduler"]["requests"]["counters"]>;
      memory: MemoryUse;
    };

/** null for an engine that has not been loaded. */
export const stoppingHealth = (engine: Engine | null): LlmHealth => ({ status: "stopping", active: engine?.chat?.scheduler.active ?? 0, waiting: engine?.chat?.scheduler.waiting ?? 0 });

export function healthOf({ gpu, chat, embedding, usedBytes }: Engine, predictedBytes: number | null): LlmHealth {
  return {
    status: "ok",
    model: chat?.id ?? null,
    embeddingModel: embedding?.id ?? null,
    gpu,
    layers: chat?.layers ?? 0,
    gpuLayers: chat?.gpuLayers ?? 0,
    contextTokens: chat?.contextTokens ?? 0,
    active: chat?.scheduler.active ?? 0,
    waiting: chat?.scheduler.waiting ?? 0,
    counters: chat?.scheduler.counters ?? {},
    requests: chat?.scheduler.requests.counters ?? {},
    memory: { usedBytes: usedBytes(), predictedBytes },
  };
}
