import { expect, test } from "vitest";
import { displayName } from "../../../src/core/model/display-name.ts";

test.each([
  ["SmolLM2-135M-Instruct.Q4_1.gguf", "Smollm2 135M 8k Lc100K Mix1 Ep2", "SmolLM2-135M-Instruct"],
  ["mistral-7b-instruct-v0.2.Q5_K_M.gguf", "mistralai_mistral-7b-instruct-v0.2", "mistral-7b-instruct-v0.2"],
  ["Qwen3-32B-UD-Q4_K_XL-00001-of-00002.gguf", undefined, "Qwen3-32B"],
  ["gemma-3-4b-it-IQ4_XS.gguf", "Gemma", "gemma-3-4b-it"],
  ["ggml-model.Q4_0.gguf", "Vicuna 7B", "Vicuna 7B"],
  ["model.gguf", "  ", "model"],
  ["Modell für Übungen.GGUF", "x", "Modell für Übungen"],
])("%s with the header's name %j is called %s", (file, own, name) => {
  expect(displayName(file, own)).toBe(name);
});
