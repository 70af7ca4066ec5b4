import { expect, test } from "vitest";
import { recognisePublished } from "../../../src/core/model/published.ts";

const FILE = "Mistral-7B-Instruct-v0.2.Q5_K_M.gguf";
const SHA256 = "b85cdd596ddd76f3194047b9108a73c74d77ba04bef49255a50fc0cfbda83d32";
const BYTES = 5_131_409_696;

test("knows a published model by its hash, whatever its name", () => {
  expect(recognisePublished("my model.gguf", BYTES, SHA256)).toEqual({ name: expect.stringContaining("Mistral"), genuine: true });
});

test("tells one that only has the name or the size from the real one", () => {
  const other = "0".repeat(64);
  expect(recognisePublished(FILE.toLowerCase(), 7, other)).toMatchObject({ genuine: false });
  expect(recognisePublished("my model.gguf", BYTES, other)).toMatchObject({ genuine: false });
  expect(recognisePublished("my model.gguf", 7, other)).toBeNull();
});
