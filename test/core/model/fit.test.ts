import { expect, test } from "vitest";
import { fitModel } from "../../../src/core/model/fit.ts";

/** Mistral-7B-Instruct-v0.2, Q5_K_M. */
const MISTRAL = { weightsBytes: 5_131_409_696, header: { name: "Mistral", contextTokens: 32_768, kvBytesPerToken: 131_072, headCount: 32 } };
const GB = 1e9;

test("on a card of 24 GB Mistral gets what was asked for, and the parts add up", () => {
  const fit = fitModel({ ...MISTRAL, parallel: 4, memoryBytes: 24 * GB, kind: "gpu" });
  expect(fit.contextTokens).toBe(8192);
  expect(fit.bytes.keyValues).toBe(131_072 * 8192 * 4);
  expect(fit.bytes.total).toBe(fit.bytes.weights + fit.bytes.keyValues + fit.bytes.compute + fit.bytes.reserve);
  expect(fit.bytes.total).toBeLessThanOrEqual(24 * GB);
});

test("less memory gives a shorter context, in steps that the engine uses, and never too much", () => {
  const fit = fitModel({ ...MISTRAL, parallel: 4, memoryBytes: 10 * GB, kind: "gpu" });
  expect(fit.contextTokens).toBeLessThan(8192);
  expect(fit.contextTokens % 256).toBe(0);
  expect(fit.bytes.total).toBeLessThanOrEqual(10 * GB);
});

test("no more context than the model was trained for", () => {
  expect(fitModel({ ...MISTRAL, contextTokens: 100_000, parallel: 1, memoryBytes: 80 * GB, kind: "gpu" }).contextTokens).toBe(32_768);
  const short = { ...MISTRAL, header: { ...MISTRAL.header, contextTokens: 1024 } };
  expect(fitModel({ ...short, parallel: 1, memoryBytes: 80 * GB, kind: "gpu" }).contextTokens).toBe(1024);
});

test("a model that does not fit is refused with both figures", () => {
  expect(() => fitModel({ ...MISTRAL, parallel: 1, memoryBytes: 6 * GB, kind: "gpu" })).toThrow(
    expect.objectContaining({ code: "memory-too-small", message: expect.stringMatching(/needs 6\.\d GB of the graphics card's memory; 6\.0 GB are free/) }),
  );
  expect(() => fitModel({ ...MISTRAL, parallel: 1, memoryBytes: 0, kind: "cpu" })).toThrow(expect.objectContaining({ code: "memory-too-small" }));
});

test("a second model in the same memory counts", () => {
  const memoryBytes = 8 * GB;
  const alone = fitModel({ ...MISTRAL, parallel: 2, memoryBytes, kind: "cpu" });
  const besides = fitModel({ ...MISTRAL, parallel: 2, memoryBytes, kind: "cpu", besidesBytes: GB });
  expect(besides.contextTokens).toBeLessThan(alone.contextTokens);
});

test("a model without a cache, such as Mamba, needs only its weights", () => {
  const header = { name: "Mamba", contextTokens: 4096, kvBytesPerToken: 0, headCount: 0 };
  expect(fitModel({ weightsBytes: GB, header, parallel: 4, memoryBytes: 2 * GB, kind: "cpu" }).contextTokens).toBe(4096);
  expect(() => fitModel({ weightsBytes: GB, header, parallel: 4, memoryBytes: GB, kind: "cpu" })).toThrow(expect.objectContaining({ code: "memory-too-small" }));
});
