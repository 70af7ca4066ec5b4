import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { jsonSchemaFormat, type Engine } from "../engine.ts";

/** llama.cpp's own server. Its cache of prompts in the host's memory is off: it only costs where nobody comes back. */
export function llamaServer(name: string, program: string | undefined): Engine {
  const path = program ?? onPath("llama-server");
  const command = (words: (string | number)[]) => [path ?? "", "--host", "127.0.0.1", "--no-ui", "--cache-ram", 0, ...words].map(String);
  return {
    name,
    missing: () => (path === null ? "no llama-server on the PATH, and none given with --llama-server" : isExecutable(path) ? null : `${path} is no program`),
    key: "",
    chat: ({ model, threads, parallel, contextTokens }, port) => ({
      command: command(["--model", model, "--port", port, "--threads", threads, "--parallel", parallel, "--ctx-size", contextTokens * parallel]),
      readyPath: "/health",
    }),
    embedding: ({ embeddingModel, threads, parallel }, port) => ({
      command: command(["--model", embeddingModel, "--port", port, "--threads", threads, "--parallel", parallel, "--ctx-size", LONGEST_TEXT * parallel, "--embedding"]),
      readyPath: "/health",
    }),
    responseFormat: jsonSchemaFormat,
  };
}

/** Tokens that the embedding model reads at once. */
const LONGEST_TEXT = 512;

function onPath(name: string): string | null {
  return (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
