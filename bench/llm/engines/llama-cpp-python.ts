import { spawnSync } from "node:child_process";
import type { Engine, Settings } from "../engine.ts";

/** Its server takes one request after the other; without the last flag the next would cut the one before short. */
export function llamaCppPython(python: string): Engine {
  const command = (model: string, { threads, contextTokens }: Pick<Settings, "threads" | "contextTokens">, port: number, rest: string[] = []) =>
    [python, "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", port, "--model", model, "--n_ctx", contextTokens, "--n_threads", threads, "--n_threads_batch", threads, "--interrupt_requests", "False", ...rest].map(String);
  return {
    name: "llama-cpp-python",
    missing: () => (spawnSync(python, ["-c", "import llama_cpp.server.app"]).status === 0 ? null : `${python} cannot import llama_cpp.server`),
    key: "",
    chat: (settings, port) => ({ command: command(settings.model, settings, port), readyPath: "/v1/models" }),
    embedding: ({ embeddingModel, threads }, port) => ({ command: command(embeddingModel, { threads, contextTokens: LONGEST_TEXT }, port, ["--embedding", "True"]), readyPath: "/v1/models" }),
    responseFormat: (schema) => ({ type: "json_object", schema }),
  };
}

/** Tokens that the embedding model reads at once. */
const LONGEST_TEXT = 512;
