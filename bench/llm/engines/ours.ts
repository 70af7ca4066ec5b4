import { join } from "node:path";
import { CORE_FLAGS } from "../../../src/main/host/client.ts";
import { jsonSchemaFormat, type Engine } from "../engine.ts";

const KEY = "bench".padEnd(40, "-");

/** Our server as the agent starts it. */
export const ours: Engine = {
  name: "ours",
  missing: () => null,
  key: KEY,
  chat: ({ model, embeddingModel, threads, parallel, contextTokens }, port) => ({
    command: [process.execPath, ...CORE_FLAGS, join(import.meta.dirname, "../../../remote/llm/main.ts"), "--config", "-"],
    input: JSON.stringify({ key: KEY, port, model, embeddingModel, gpu: "cpu", contextTokens, parallel, threads }),
    readyPath: "/health",
  }),
  embedding: () => null,
  responseFormat: jsonSchemaFormat,
};
