import type { LlmServiceConfig } from "../../src/contract/agent.ts";
import type { Progress } from "../../src/contract/progress.ts";
import type { Engine, LoadedChat } from "./engine/engine.ts";

/** What `/health` answers: 503 while the model is loading, 200 from then on. */
export type LlmHealth =
  | { status: "loading"; progress: Progress | null }
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
    };

export function healthOf({ gpu, chat, embedding }: Engine): LlmHealth {
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
  };
}
