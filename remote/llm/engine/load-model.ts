import { open, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { LlamaModel } from "node-llama-cpp";
import { MentorError } from "../../../src/contract/errors.ts";
import type { Progress } from "../../../src/contract/progress.ts";
import type { Backend } from "./backend.ts";
import { loadFailure } from "./failure.ts";

export interface LoadModelOptions {
  /** Absolute path of the GGUF, of its first part where it is split. */
  path: string;
  onProgress(progress: Progress): void;
  signal?: AbortSignal;
}

/**
 * A model with all its layers on the GPU, or none where the processor was asked for.
 *
 * @throws MentorError model-missing, model-not-gguf, model-truncated, model-split-incomplete,
 * model-unsupported, memory-too-small, gpu-unusable
 */
export async function loadModel({ llama, complaints, forgetLog }: Backend, { path, onProgress, signal }: LoadModelOptions): Promise<LlamaModel> {
  const bytes = await sizeOfGguf(path);
  const startedAt = performance.now();
  forgetLog();
  let model: LlamaModel;
  try {
    model = await llama.loadModel({
      modelPath: path,
      gpuLayers: llama.gpu === false ? 0 : "max",
      loadSignal: signal,
      onLoadProgress: (share) => {
        const seconds = (performance.now() - startedAt) / 1000;
        const done = Math.round(bytes * share);
        const rate = seconds > 0.5 ? done / seconds : null;
        onProgress({ done, total: bytes, unit: "bytes", rate, etaSeconds: rate ? (bytes - done) / rate : null, detail: `Loading ${basename(path)}` });
      },
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw loadFailure(error, await complaints(), { path, bytes });
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

async function sizeOfGguf(path: string): Promise<number> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new MentorError("model-missing", `There is no model at ${path}.`, { cause, details: { file: path } });
  });
  if (!found.isFile()) throw new MentorError("model-missing", `${path} is not a file.`, { details: { file: path } });
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead < 4 || buffer.toString("latin1") !== "GGUF") {
      throw new MentorError("model-not-gguf", `${basename(path)} (${found.size} bytes) is not in GGUF format.`, { details: { file: path, bytes: found.size } });
    }
  } finally {
    await file.close();
  }
  return found.size;
}
