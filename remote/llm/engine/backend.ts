import { setTimeout } from "node:timers/promises";
import type { Llama, LlamaLogLevel } from "node-llama-cpp";
import { MentorError } from "../../../src/contract/errors.ts";
import type { LogLevel } from "../../../src/contract/logs.ts";

export interface Backend {
  llama: Llama;
  /** What llama.cpp complained of since the last call of `forgetLog`. */
  complaints(): Promise<string[]>;
  forgetLog(): void;
}

export interface BackendOptions {
  gpu: "cpu" | "cuda" | "metal";
  /** null for as many as there are physical cores; each context then asks for its own number of them. */
  threads: number | null;
  onLog(level: LogLevel, text: string): void;
}

/** The log comes over a thread of its own, and often after the failure that it explains. Milliseconds. */
const LOG_TURN = 50;
const LOG_TURNS = 20;

const LEVELS: Readonly<Record<string, LogLevel>> = { fatal: "error", error: "error", warn: "warn", info: "info", log: "info", debug: "debug" };

/**
 * llama.cpp on exactly the asked-for processor. "auto" would quietly take the CPU where CUDA does
 * not load, and a course would wait minutes for each answer without anyone knowing why.
 *
 * @throws MentorError gpu-unusable
 */
export async function startBackend({ gpu, threads, onLog }: BackendOptions): Promise<Backend> {
  // Imported late: the size of libuv's pool must be set before anything of it is used.
  const { getLlama } = await import("node-llama-cpp");
  let log: string[] = [];
  const logger = (level: LlamaLogLevel, text: string) => {
    const known = LEVELS[level] ?? "info";
    if (known === "error") log.push(text.trim());
    onLog(known, text.trim());
  };
  let llama: Llama;
  try {
    llama = await getLlama({ gpu: gpu === "cpu" ? false : gpu, build: "never", skipDownload: true, progressLogs: false, maxThreads: gpu === "cpu" ? (threads ?? undefined) : 0, logger });
  } catch (cause) {
    if (gpu === "cpu") throw new MentorError("host-unsuitable", "The engine for this processor cannot be loaded on this host.", { cause });
    throw new MentorError("gpu-unusable", `The engine for ${gpu.toUpperCase()} cannot be loaded on this host.`, { cause, details: { gpu } });
  }
  if (gpu !== "cpu") {
    const devices = llama.gpu === gpu ? await llama.getGpuDeviceNames() : [];
    if (devices.length === 0) {
      await llama.dispose();
      throw new MentorError("gpu-unusable", `${gpu.toUpperCase()} was asked for, and no such graphics card answers.`, { cause: log.length > 0 ? new Error(log.join("; ")) : undefined, details: { gpu } });
    }
  }
  return {
    llama,
    complaints: async () => {
      for (let turn = 0; turn < LOG_TURNS && log.length === 0; turn++) await setTimeout(LOG_TURN);
      await setTimeout(LOG_TURN);
      return log;
    },
    forgetLog: () => {
      log = [];
    },
  };
}
