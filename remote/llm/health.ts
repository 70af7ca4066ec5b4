import type { LlmServiceConfig } from "../../src/contract/agent.ts";
import type { Progress } from "../../src/contract/progress.ts";
import type { Engine } from "./engine/engine.ts";

/** What `/health` answers: 503 while the model is loading, 200 from then on. */
export type LlmHealth =
  | { status: "loading"; progress: Progress | null }
  | {
      status: "ok";
      model: string;
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
      counters: Engine["chat"]["scheduler"]["counters"];
      requests: Engine["chat"]["scheduler"]["requests"]["counters"];
    };

export function healthOf({ gpu, chat, embedding }: Engine): LlmHealth {
  const { id, layers, gpuLayers, contextTokens, scheduler } = chat;
  return {
    status: "ok",
    model: id,
    embeddingModel: embedding?.id ?? null,
    gpu,
    layers,
    gpuLayers,
    contextTokens,
    active: scheduler.active,
    waiting: scheduler.waiting,
    counters: scheduler.counters,
    requests: scheduler.requests.counters,
  };
}
