import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { embeddingModel } from "../../parts/models.ts";

const ENGINE = new URL("../../../remote/node_modules/node-llama-cpp/dist/index.js", import.meta.url);

/**
 * First three numbers of the normalised vector, computed once with NumPy from the published f32
 * weights by BERT's definition (mean over all tokens, [CLS] and [SEP] included).
 */
const REFERENCE: readonly (readonly [string, readonly [number, number, number]])[] = [
  ["The cat sits outside", [0.13919113, 0.00302906, 0.04701474]],
  ["A kitten is sitting in the garden", [0.02983383, -0.04676839, -0.00175588]],
  ["Quarterly interest rates rose sharply", [0.03688325, -0.04671007, -0.01898903]],
  ["How are negative numbers stored in a computer? Two's complement!", [-0.00033428, 0.05750127, -0.05393555]],
  ["naïve café – Ünïcödé 中文 test", [0.00052107, 0.00326525, 0.03764582]],
];

test("the converted embedding model gives the vectors of the original in the real engine", async (context) => {
  if (!existsSync(ENGINE)) return context.skip("remote/node_modules is not installed");
  const { getLlama } = (await import(/* @vite-ignore */ ENGINE.href)) as typeof import("../../../remote/node_modules/node-llama-cpp/dist/index.js");
  const llama = await getLlama({ build: "never", gpu: false, progressLogs: false, logLevel: "error" as never });
  try {
    const model = await llama.loadModel({ modelPath: await embeddingModel() });
    const embed = await model.createEmbeddingContext();
    const vectors: number[][] = [];
    for (const [text] of REFERENCE) {
      const { vector } = await embed.getEmbeddingFor(text);
      const length = Math.hypot(...vector);
      vectors.push(vector.map((number) => number / length));
    }
    for (const [index, [, expected]] of REFERENCE.entries()) {
      for (const [place, number] of expected.entries()) expect(vectors[index]![place]).toBeCloseTo(number, 2.5);
    }
    const cosine = (a: number[], b: number[]) => a.reduce((sum, number, place) => sum + number * b[place]!, 0);
    expect(cosine(vectors[0]!, vectors[1]!)).toBeCloseTo(0.613, 2);
    expect(cosine(vectors[0]!, vectors[2]!)).toBeLessThan(0.1);
  } finally {
    await llama.dispose();
  }
}, 120_000);
