/**
 * npm run bench:llm-options -- [--model FILE] [--tokens N] [--threads N] [--rounds N]
 *
 * What the engine's options bring to one stream after a prompt of some 700 tokens: flash attention, keys and
 * values of 8 bits, and tokens guessed from the prompt (prompt lookup). Told for an answer of the model's own,
 * and for one that repeats its material, which is where guessing has its best chance. Tokens per CPU second.
 */
import { parseArgs } from "node:util";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import { chatModel } from "../../src/adapters/packages/models.ts";
import { startBackend } from "../../remote/llm/engine/backend.ts";
import { loadModel } from "../../remote/llm/engine/load-model.ts";
import { spreadOf } from "../upload/spread.ts";

// As the server's main.ts: before anything of libuv's pool is used.
process.env.UV_THREADPOOL_SIZE ??= "1";
const { InputLookupTokenPredictor } = await import("../../remote/node_modules/node-llama-cpp/dist/index.js");

const { values } = parseArgs({ options: { model: { type: "string" }, tokens: { type: "string", default: "64" }, threads: { type: "string", default: "2" }, rounds: { type: "string", default: "3" } } });
const [tokens, threads, rounds] = [Number(values.tokens), Number(values.threads), Number(values.rounds)];

const MATERIAL = Array.from({ length: 40 }, (_, number) => `Rule ${number}: the keeper of tower ${number} lights lamp ${number} at ${number % 12} o'clock and rings its bell in fog.`).join("\n");
const PROMPTS = { "its own words": `${MATERIAL}\n\nA story about the sea:\n`, "repeats its material": `${MATERIAL}\n\nThe same rules once more:\nRule 0: the keeper of tower 0` };

interface Options {
  flashAttention: boolean;
  q8: boolean;
  lookup: boolean;
}
const OPTIONS: Record<string, Options> = {
  plain: { flashAttention: false, q8: false, lookup: false },
  "flash attention": { flashAttention: true, q8: false, lookup: false },
  "flash attention, 8-bit keys and values": { flashAttention: true, q8: true, lookup: false },
  "flash attention, prompt lookup": { flashAttention: true, q8: false, lookup: true },
};

const backend = await startBackend({ gpu: "cpu", threads, onLog: () => undefined });
const model = await loadModel(backend, { path: values.model ?? (await chatModel({ cacheDir: cacheFolder() })), onProgress: () => undefined });

async function tokensPerCpuSecond({ flashAttention, q8, lookup }: Options, prompt: string): Promise<number> {
  const quantised = q8 ? ("Q8_0" as const) : undefined;
  const context = await model.createContext({ contextSize: 2048, sequences: 1, threads, flashAttention, experimentalKvCacheKeyType: quantised, experimentalKvCacheValueType: quantised });
  try {
    const sequence = context.getSequence(lookup ? { tokenPredictor: new InputLookupTokenPredictor() } : undefined);
    const steps = sequence.evaluate(model.tokenize(prompt), { temperature: 0 });
    let [written, before] = [0, process.cpuUsage()];
    for await (const _ of steps) {
      // With the first token the prompt has been read.
      if (written++ === 0) before = process.cpuUsage();
      if (written > tokens) break;
    }
    const { user, system } = process.cpuUsage(before);
    return ((written - 1) * 1e6) / (user + system);
  } finally {
    await context.dispose();
  }
}

for (const [name, prompt] of Object.entries(PROMPTS)) {
  const found = new Map(Object.keys(OPTIONS).map((option) => [option, [] as number[]]));
  for (let round = 0; round < rounds; round++) for (const [option, chosen] of Object.entries(OPTIONS)) found.get(option)!.push(await tokensPerCpuSecond(chosen, prompt));
  for (const [option, rates] of found) {
    const { lowest, median, highest } = spreadOf(rates)!;
    process.stdout.write(`${name}; ${option}: ${median.toFixed(1)} tokens per CPU second (${lowest.toFixed(1)}–${highest.toFixed(1)})\n`);
  }
}
await backend.llama.dispose();
