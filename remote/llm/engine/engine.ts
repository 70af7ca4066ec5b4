import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import type { LlamaModel } from "node-llama-cpp";
import type { LlmServiceConfig, ServiceOutput } from "../../../src/contract/agent.ts";
import { CompiledGrammars } from "../grammar/compiled-grammars.ts";
import { ChatTemplate } from "../prompt/chat-template.ts";
import { PromptTokenizer } from "../prompt/prompt-tokenizer.ts";
import { Scheduler } from "../scheduling/scheduler.ts";
import { TokenBytes } from "../text/token-bytes.ts";
import { startBackend, type Backend } from "./backend.ts";
import { Embedder, SHORT_TEXT } from "./embedder.ts";
import { loadFailure } from "./failure.ts";
import { sizeOfGguf } from "./gguf-file.ts";
import { loadModel } from "./load-model.ts";

/**
 * Prompt tokens a tick while others read: small on a processor, where each costs milliseconds. Not
 * smaller than most questions: every further piece takes the others' next token along once more.
 */
const PROMPT_PIECE = { cpu: 128, gpu: 512 };
/** A GPU evaluates fast, and a copy goes through the host's memory. */
const COPIED_PER_EVALUATED = { cpu: 64, gpu: 4 };
const FEWEST_COPIED = { cpu: 4, gpu: 16 };
const BATCH_TOKENS = 512;
const LONGEST_EMBEDDED_TEXT = 2048;

/** Said of every model that ignores capital letters, as most embedding models do. */
const MISLEADING = /to tokenize text and then detokenize it resulted in a different text/;

export interface LoadedModel {
  /** File name without its ending: what the API calls it. */
  id: string;
  /** Seconds since the epoch. */
  created: number;
  contextTokens: number;
}

export type LoadedChat = LoadedModel & { model: LlamaModel; layers: number; gpuLayers: number; template: ChatTemplate | null; prompts: PromptTokenizer; tokenBytes: TokenBytes; grammars: CompiledGrammars; scheduler: Scheduler };

/** All that answers a request, loaded. */
export interface Engine {
  gpu: LlmServiceConfig["gpu"];
  /** null where the server makes embeddings alone, and until a model that comes later is loaded. */
  chat: LoadedChat | null;
  embedding: (LoadedModel & { embedder: Embedder }) | null;
  /** Bytes of the graphics card's memory, or of the computer's, that all of this uses now. */
  usedBytes(): number;
  /** Loads the chat model that the configuration puts off; where that fails, all is as before. @throws MentorError as `loadEngine` does */
  loadLater(): Promise<void>;
  dispose(): Promise<void>;
}

export interface EngineOptions {
  config: LlmServiceConfig;
  /** Requests that may wait for a slot. */
  queueLimit: number;
  output(line: ServiceOutput): void;
  signal?: AbortSignal;
}

/**
 * One processor core is left to the services beside it. llama.cpp's threads wait for one another
 * by spinning: with as many as there are cores, and anything else to do on the machine, each waits
 * for one that does not run. Measured on two busy cores: 31 passages embedded in 28 to 38 s
 * (13 s of processor time) with two threads, in 3 to 4 s (2 s) with one.
 *
 * @throws MentorError of every kind that `startBackend` and `loadModel` name
 */
export async function loadEngine({ config, queueLimit, output, signal }: EngineOptions): Promise<Engine> {
  const { model: chatPath, modelLater = false } = config;
  for (const path of [modelLater ? null : chatPath, config.embeddingModel]) if (path !== null) await sizeOfGguf(path);
  const backend = await startBackend({
    gpu: config.gpu,
    threads: config.threads,
    onLog: (level, log) => {
      if (!MISLEADING.test(log)) output({ log, level });
    },
  });
  try {
    const videoMemoryBefore = await videoMemoryUsed(backend);
    const onProgress = (progress: Extract<ServiceOutput, { progress: unknown }>["progress"]) => output({ progress });
    const threads = config.threads ?? Math.max(1, Math.min(backend.llama.cpuMathCores, availableParallelism()) - 1);
    const chat = async () => (chatPath === null ? null : await loadChat(backend, { ...config, model: chatPath }, { threads, queueLimit, output, onProgress, signal }));
    const first = modelLater ? null : await chat();
    const embedding = config.embeddingModel === null ? null : await loadEmbedding(backend, config.embeddingModel, { threads, queueLimit, onProgress, signal });
    let videoMemory = (await videoMemoryUsed(backend)) - videoMemoryBefore;
    const engine: Engine = {
      gpu: config.gpu,
      chat: first,
      embedding,
      usedBytes: () => (config.gpu === "cpu" ? process.memoryUsage.rss() : videoMemory),
      loadLater: async () => {
        engine.chat = await chat();
        videoMemory = (await videoMemoryUsed(backend)) - videoMemoryBefore;
      },
      dispose: () => backend.llama.dispose(),
    };
    return engine;
  } catch (error) {
    await backend.llama.dispose();
    throw error;
  }
}

async function loadChat(
  backend: Backend,
  config: LlmServiceConfig & { model: string },
  { threads, queueLimit, output, onProgress, signal }: { threads: number; queueLimit: number; output: EngineOptions["output"]; onProgress: Parameters<typeof loadModel>[1]["onProgress"]; signal?: AbortSignal },
): Promise<LoadedChat> {
  const model = await loadModel(backend, { path: config.model, onProgress, signal });
  try {
    return await conversing(backend, model, config, { threads, queueLimit, output, signal });
  } catch (error) {
    // A server that goes on without it needs its room.
    await model.dispose();
    throw error;
  }
}

async function conversing(
  backend: Backend,
  model: LlamaModel,
  config: LlmServiceConfig & { model: string },
  { threads, queueLimit, output, signal }: { threads: number; queueLimit: number; output: EngineOptions["output"]; signal?: AbortSignal },
): Promise<LoadedChat> {
  const contextTokens = Math.min(config.contextTokens, model.trainContextSize);
  if (contextTokens < config.contextTokens) output({ log: `The context is ${contextTokens} tokens: the model was trained for no more.`, level: "warn" });
  output({ progress: { done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail: `Making room for ${config.parallel} conversations of ${contextTokens} tokens` } });
  const context = await orLoadFailure(backend, config.model, () =>
    model.createContext({
      contextSize: contextTokens,
      sequences: config.parallel,
      batchSize: Math.min(BATCH_TOKENS, contextTokens * config.parallel),
      threads,
      // As llama.cpp's own server: wherever the backend has it. On a processor it saves a sixth.
      flashAttention: "auto",
      batching: { itemPrioritizationStrategy: "firstInFirstOut" },
      failedCreationRemedy: false,
      createSignal: signal,
    }),
  );
  const source = model.fileInfo.metadata.tokenizer?.chat_template ?? null;
  const processor = config.gpu === "cpu" ? "cpu" : "gpu";
  return {
    ...(await identity(config.model)),
    contextTokens: context.contextSize,
    model,
    layers: model.fileInsights.totalLayers,
    gpuLayers: model.gpuLayers,
    template: source === null ? null : new ChatTemplate(source, { bos: model.tokens.bosString ?? "", eos: model.tokens.eosString ?? "" }),
    prompts: new PromptTokenizer(model, source ?? ""),
    tokenBytes: new TokenBytes(model),
    grammars: await CompiledGrammars.for(model),
    scheduler: new Scheduler(context, { queueLimit, promptPiece: PROMPT_PIECE[processor], copiedPerEvaluated: COPIED_PER_EVALUATED[processor], fewestCopied: FEWEST_COPIED[processor] }),
  };
}

async function loadEmbedding(
  backend: Backend,
  path: string,
  { threads, queueLimit, onProgress, signal }: { threads: number; queueLimit: number; onProgress: Parameters<typeof loadModel>[1]["onProgress"]; signal?: AbortSignal },
): Promise<NonNullable<Engine["embedding"]>> {
  // The model says whether its contexts use flash attention. On a processor it is loaded twice: the pages
  // of the file are shared. A graphics card would hold it twice, and reads short texts as well with it.
  const flashModel = await loadModel(backend, { path, onProgress, flashAttention: true, signal });
  const model = backend.llama.gpu === false ? await loadModel(backend, { path, onProgress, signal }) : flashModel;
  const contextTokens = Math.min(model.trainContextSize, LONGEST_EMBEDDED_TEXT);
  // The whole text must fit into one batch: these models look at all of it at once.
  const contextOf = (one: LlamaModel, tokens: number) => orLoadFailure(backend, path, () => one.createEmbeddingContext({ contextSize: tokens, batchSize: tokens, threads, createSignal: signal }));
  const contexts = { short: await contextOf(model, Math.min(contextTokens, SHORT_TEXT + 1)), long: await contextOf(flashModel, contextTokens) };
  return { ...(await identity(path)), contextTokens, embedder: new Embedder(model, contexts, { contextTokens, requestLimit: queueLimit }) };
}

async function videoMemoryUsed({ llama }: Backend): Promise<number> {
  return llama.gpu === false ? 0 : (await llama.getVramState()).used;
}

async function orLoadFailure<T>(backend: Backend, path: string, create: () => Promise<T>): Promise<T> {
  backend.forgetLog();
  try {
    return await create();
  } catch (error) {
    throw loadFailure(error, await backend.complaints(), { path, bytes: (await stat(path)).size });
  }
}

async function identity(path: string): Promise<{ id: string; created: number }> {
  return { id: basename(path).replace(/\.gguf$/i, ""), created: Math.floor((await stat(path)).mtimeMs / 1000) };
}
