import { basename } from "node:path";
import type { LlamaModel } from "node-llama-cpp";
import { MentorError } from "../../../src/contract/errors.ts";
import type { Progress } from "../../../src/contract/progress.ts";
import type { Backend } from "./backend.ts";
import { loadFailure } from "./failure.ts";
import { sizeOfGguf } from "./gguf-file.ts";

export interface LoadModelOptions {
  /** Absolute path of the GGUF, of its first part where it is split. */
  path: string;
  onProgress(progress: Progress): void;
  /** Of contexts for which node-llama-cpp lets nobody choose. */
  flashAttention?: boolean;
  signal?: AbortSignal;
}

/**
 * A model with all its layers on the GPU, or none where the processor was asked for.
 *
 * @throws MentorError model-missing, model-not-gguf, model-truncated, model-split-incomplete,
 * model-unsupported, memory-too-small, gpu-unusable
 */
export async function loadModel({ llama, complaints, forgetLog }: Backend, { path, onProgress, flashAttention = false, signal }: LoadModelOptions): Promise<LlamaModel> {
  const bytes = await sizeOfGguf(path);
  const startedAt = performance.now();
  forgetLog();
  let loading = true;
  let model: LlamaModel;
  try {
    model = await llama.loadModel({
      modelPath: path,
      gpuLayers: llama.gpu === false ? 0 : "max",
      defaultContextFlashAttention: flashAttention,
      loadSignal: signal,
      onLoadProgress: (share) => {
        // Told by a thread of its own, the last of it after the loading is over.
        if (!loading) return;
        const seconds = (performance.now() - startedAt) / 1000;
        const done = Math.round(bytes * share);
        const rate = seconds > 0.5 ? done / seconds : null;
        onProgress({ done, total: bytes, unit: "bytes", rate, etaSeconds: rate ? (bytes - done) / rate : null, detail: `Loading ${basename(path)}` });
      },
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw loadFailure(error, await complaints(), { path, bytes });
  } finally {
    loading = false;
  }
  const layers = model.fileInsights.totalLayers;
  if (llama.gpu !== false && model.gpuLayers < layers) {
    const onGpu = model.gpuLayers;
    await model.dispose();
    throw new MentorError("gpu-unusable", `Only ${onGpu} of the ${layers} layers of ${basename(path)} fit on the graphics card.`, {
      advice: "Choose a smaller model or a host whose graphics card has more memory.",
      details: { layers, gpuLayers: onGpu },
    });
  }
  return model;
}
