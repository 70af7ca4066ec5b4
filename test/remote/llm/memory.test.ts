import { stat } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { fitModel } from "../../../src/core/model/fit.ts";
import { chatModel } from "../../parts/models.ts";
import { startServerProcess } from "./server-process.ts";
import { KEY, llmConfig } from "./support.ts";

test("what a full house uses is within what was reckoned with, and both are told", async () => {
  const file = await chatModel();
  // As its header says: see test/core/model/gguf.test.ts.
  const header = { name: "SmolLM2", contextTokens: 8192, kvBytesPerToken: 23_040, headCount: 9 };
  const { contextTokens, parallel, bytes } = fitModel({ weightsBytes: (await stat(file)).size, header, parallel: 3, contextTokens: 1024, memoryBytes: 4e9, kind: "cpu" });
  const config = await llmConfig({ contextTokens, parallel, predictedBytes: bytes.total });
  const server = await startServerProcess(config);
  onTestFinished(async () => void (await server.end()));
  const ask = (path: string, body?: object) => fetch(`${server.url}${path}`, { method: body === undefined ? "GET" : "POST", headers: { authorization: `Bearer ${KEY}` }, body: body && JSON.stringify(body) }).then((answer) => answer.json());

  await Promise.all(Array.from({ length: parallel }, (_, number) => ask("/v1/completions", { prompt: `${number} and `.repeat(200), max_tokens: 32 })));
  const { memory } = (await ask("/health")) as { memory: { usedBytes: number; predictedBytes: number } };
  expect(memory.predictedBytes).toBe(bytes.total);
  expect(memory.usedBytes).toBeGreaterThan(bytes.weights);
  expect(memory.usedBytes).toBeLessThan(bytes.total);
}, 60_000);
