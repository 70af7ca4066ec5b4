import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import { makeKit } from "../../src/main/host/kit.ts";
import { MODEL_BYTES, writeModelFile } from "../model/mistral-shape.ts";
import { bandwidthOf, findCards, type Card } from "./cards.ts";
import { startKitServer, type KitServer } from "./kit-server.ts";
import { measureSpeed, type Speed } from "./speed.ts";

const USAGE = `npm run check:cuda -- [--model FILE] [--gpu cuda|cpu] [--tokens N] [--json FILE]

Runs the kit that a rented host gets on this computer's NVIDIA graphics card: every layer of the model must be
on it. Prints driver, CUDA, architecture and tokens per second.
  --model   default: random weights in Mistral-7B's shape (5.13 GB, made once and kept in the cache)
  --gpu cpu tries the same without a card
`;

/** Streams at once: one, and a class. */
const CROWDS = [1, 8];
const CONTEXT_TOKENS = 2048;

const say = (line: string) => process.stderr.write(`${line}\n`);

function modelFile(given: string | undefined): string {
  if (given !== undefined) return resolve(given);
  const path = join(cacheFolder(), "bench", "mistral-shape.gguf");
  if (existsSync(path) && statSync(path).size === MODEL_BYTES) return path;
  say("Making the model file (5.13 GB)");
  mkdirSync(dirname(path), { recursive: true });
  writeModelFile(`${path}.part`);
  renameSync(`${path}.part`, path);
  return path;
}

interface Report {
  card: Card | null;
  /** Version that the CUDA runtime's file name tells; null on the processor. */
  cuda: string | null;
  /** The engine's library, from the kit's packages on. */
  engine: string | null;
  model: { file: string; bytes: number };
  layers: number;
  gpuLayers: number;
  loadSeconds: number;
  /** Of the card's memory, or of the computer's. */
  memoryBytes: number;
  speeds: Speed[];
  /** One stream's tokens a second, of the most that the card's memory can feed; null where that is not known. */
  shareOfBandwidth: number | null;
}

async function report(server: KitServer, card: Card | null, file: string, tokens: number): Promise<Report> {
  const bytes = statSync(file).size;
  await measureSpeed(server, 1, 16); // the first answer also warms kernels up
  const speeds: Speed[] = [];
  for (const streams of CROWDS) speeds.push(await measureSpeed(server, streams, tokens));
  const bandwidth = card === null ? null : bandwidthOf(card);
  const [engine] = server.libraries(card === null ? "libggml-cpu" : "libggml-cuda");
  return {
    card,
    cuda: server.libraries("libcudart").map((path) => /\.so\.([\d.]+)/.exec(path)?.[1])[0] ?? null,
    engine: engine?.slice(engine.lastIndexOf("node_modules/")) ?? null,
    model: { file, bytes },
    layers: server.health.layers,
    gpuLayers: server.health.gpuLayers,
    loadSeconds: server.loadSeconds,
    memoryBytes: server.health.memory.usedBytes,
    speeds,
    shareOfBandwidth: bandwidth === null ? null : (speeds[0]!.tokensPerSecond * bytes) / (bandwidth * 1e9),
  };
}

function lines({ card, cuda, engine, model, layers, gpuLayers, loadSeconds, memoryBytes, speeds, shareOfBandwidth }: Report): string[] {
  return [
    card === null ? "Processor only" : `${card.name}, ${card.memoryMib} MiB, compute capability ${card.architecture}, driver ${card.driver}`,
    ...(cuda === null ? [] : [`CUDA runtime ${cuda}`]),
    `Engine: ${engine ?? "built into one library"}`,
    `Model: ${model.file} (${(model.bytes / 1e9).toFixed(2)} GB), loaded in ${loadSeconds.toFixed(1)} s, ${(memoryBytes / 1e9).toFixed(2)} GB of memory in use`,
    `Layers on the card: ${gpuLayers} of ${layers}`,
    ...speeds.map(({ streams, tokensPerSecond, firstTokenMs }) => `${streams === 1 ? "One stream" : `${streams} streams`}: ${tokensPerSecond.toFixed(1)} tokens/s, first token after ${firstTokenMs.toFixed(0)} ms`),
    ...(shareOfBandwidth === null ? [] : [`One stream uses ${(shareOfBandwidth * 100).toFixed(0)} % of the card's memory bandwidth`]),
  ];
}

const { values } = parseArgs({
  options: { model: { type: "string" }, gpu: { type: "string", default: "cuda" }, tokens: { type: "string", default: "256" }, json: { type: "string" }, help: { type: "boolean", default: false } },
});
const card = findCards()[0] ?? null;
if (values.help || (values.gpu !== "cuda" && values.gpu !== "cpu") || !(Number(values.tokens) > 1)) {
  process.stdout.write(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else if (values.gpu === "cuda" && card === null) {
  say("✗ No NVIDIA graphics card answers here (nvidia-smi): nothing was checked.\n  What to do: run this on a machine that has one, or add --gpu cpu to try the same on the processor.");
  process.exitCode = 3;
} else {
  const { gpu } = values;
  const file = modelFile(values.model);
  say("Making the kit");
  const kit = await makeKit({ cacheDir: cacheFolder(), platform: "linux-x64", python: null, gpu, archives: false });
  say("Loading the model");
  const server = await startKitServer(kit.folder, { model: file, gpu, contextTokens: CONTEXT_TOKENS, parallel: Math.max(...CROWDS) });
  try {
    const found = await report(server, gpu === "cuda" ? card : null, file, Number(values.tokens));
    process.stdout.write(`${lines(found).join("\n")}\n`);
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(found, null, 2)}\n`);
    if (gpu === "cuda" && found.gpuLayers < found.layers) {
      say(`✗ Only ${found.gpuLayers} of ${found.layers} layers are on the card.`);
      process.exitCode = 1;
    }
  } finally {
    await server.close();
  }
}
