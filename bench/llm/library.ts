/**
 * npm run bench:llm-library -- [--tokens N] [--threads N] [--rounds N] [--llama-server PROGRAM]
 *
 * What is lost to llama-server on one stream, and where: the same answer from node-llama-cpp's own loop with
 * nothing of ours around it, from our server, and from llama-server, in turn. What the bare loop lacks to
 * llama-server cannot be won back by a server that is built on it.
 */
import { parseArgs } from "node:util";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import * as models from "../../src/adapters/packages/models.ts";
import { startBackend } from "../../remote/llm/engine/backend.ts";
import { loadModel } from "../../remote/llm/engine/load-model.ts";
import { spreadOf } from "../upload/spread.ts";
import { ask } from "./client.ts";
import { llamaServer } from "./engines/llama-server.ts";
import { ours } from "./engines/ours.ts";
import { ServerProcess } from "./server-process.ts";
import { story } from "./texts.ts";

// As the server's main.ts: before anything of libuv's pool is used.
process.env.UV_THREADPOOL_SIZE ??= "1";

const { values } = parseArgs({
  options: { tokens: { type: "string", default: "160" }, threads: { type: "string", default: "2" }, rounds: { type: "string", default: "7" }, "llama-server": { type: "string", default: process.env.LLAMA_SERVER } },
});
const [tokens, threads, rounds] = [Number(values.tokens), Number(values.threads), Number(values.rounds)];
const cacheDir = cacheFolder();
const settings = { model: await models.chatModel({ cacheDir }), embeddingModel: await models.embeddingModel({ cacheDir }), threads, parallel: 4, contextTokens: 1024 };

/** Tokens, wall seconds and CPU seconds from the first token to the last. */
type Measured = { tokens: number; seconds: number; cpuSeconds: number };

const backend = await startBackend({ gpu: "cpu", threads, onLog: () => undefined });
const model = await loadModel(backend, { path: settings.model, onProgress: () => undefined });
const context = await model.createContext({ contextSize: settings.contextTokens, sequences: settings.parallel, threads, flashAttention: true });
const sequence = context.getSequence();

async function bareLoop(prompt: string): Promise<Measured> {
  await sequence.clearHistory();
  let [count, startedAt, before] = [0, 0, process.cpuUsage()];
  for await (const _ of sequence.evaluate(model.tokenize(prompt), { temperature: 0, yieldEogToken: true })) {
    if (count++ === 0) [startedAt, before] = [performance.now(), process.cpuUsage()];
    if (count > tokens) break;
  }
  const { user, system } = process.cpuUsage(before);
  return { tokens, seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6 };
}

async function overHttp(server: ServerProcess, key: string, prompt: string): Promise<Measured> {
  let [startedAt, before] = [0, 0];
  let pieces = 0;
  await ask({ port: server.port, key }, { messages: [{ role: "user", content: prompt }], max_tokens: tokens }, () => {
    if (pieces++ === 0) [startedAt, before] = [performance.now(), server.cpuSeconds()];
  });
  return { tokens: pieces - 1, seconds: (performance.now() - startedAt) / 1000, cpuSeconds: server.cpuSeconds() - before };
}

const theirs = llamaServer("llama-server", values["llama-server"]);
const missing = theirs.missing();
if (missing !== null) process.stderr.write(`llama-server is left out: ${missing}.\n`);
const servers = new Map<string, { server: ServerProcess; key: string }>();
for (const engine of missing === null ? [ours, theirs] : [ours]) servers.set(engine.name, { server: await ServerProcess.start((port) => engine.chat(settings, port), engine.key), key: engine.key });

const ways = new Map<string, (prompt: string) => Promise<Measured>>([["node-llama-cpp alone", bareLoop]]);
for (const [name, { server, key }] of servers) ways.set(name, (prompt) => overHttp(server, key, prompt));
const found = new Map([...ways.keys()].map((name) => [name, [] as Measured[]]));
for (let round = -1; round < rounds; round++) {
  for (const [name, measure] of ways) {
    const measured = await measure(story(`library ${round}`, round + 1));
    // The first of each makes what the later ones use.
    if (round >= 0) found.get(name)!.push(measured);
  }
}

const written = (numbers: number[]) => {
  const { lowest, median, highest } = spreadOf(numbers)!;
  return `${median.toFixed(1)} (${lowest.toFixed(1)}–${highest.toFixed(1)})`;
};
for (const [name, all] of found) {
  process.stdout.write(`${name}: ${written(all.map(({ tokens: made, seconds }) => made / seconds))} tokens/s, ${written(all.map(({ tokens: made, cpuSeconds }) => made / cpuSeconds))} a CPU second\n`);
}
for (const { server } of servers.values()) await server.stop();
await backend.llama.dispose();
