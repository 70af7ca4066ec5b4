import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bandwidthOf, findCards } from "../../../bench/cuda/cards.ts";
import { chatModel } from "../../parts/models.ts";

const check = (...words: string[]) =>
  new Promise<{ exit: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, "../../../bench/cuda/main.ts"), ...words], (error, stdout, stderr) => resolve({ exit: error?.code ?? 0, stdout, stderr }));
  });

test("a card is told as its driver tells it", () => {
  const [card, ...others] = findCards(() => "NVIDIA RTX A5000, 570.133.20, 8.6, 24564\n");
  expect({ card, others }).toEqual({ card: { name: "NVIDIA RTX A5000", driver: "570.133.20", architecture: "8.6", memoryMib: 24564 }, others: [] });
  expect(bandwidthOf(card!)).toBe(768);
  expect(bandwidthOf({ ...card!, name: "NVIDIA of tomorrow" })).toBeNull();
});

test.skipIf(findCards().length > 0)("without a card it says so, and proves nothing", async () => {
  expect(await check()).toMatchObject({ exit: 3, stdout: "", stderr: expect.stringContaining("nothing was checked") });
});

test.skipIf(process.platform !== "linux" || process.arch !== "x64")("the kit is measured as a host runs it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "check-cuda-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const json = join(folder, "report.json");
  expect(await check("--gpu", "cpu", "--tokens", "8", "--model", await chatModel(), "--json", json)).toMatchObject({ exit: 0, stdout: expect.stringContaining("Layers on the card: 0 of 31") });
  expect(JSON.parse(readFileSync(json, "utf8"))).toMatchObject({
    card: null,
    engine: expect.stringMatching(/^node_modules\/@node-llama-cpp\/linux-x64\/.*libggml-cpu/),
    speeds: [{ streams: 1, tokensPerSecond: expect.any(Number) }, { streams: 8, tokensPerSecond: expect.any(Number) }],
  });
}, 120_000);
