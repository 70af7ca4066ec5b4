import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { cacheFolder } from "../../src/adapters/local-files/folders.ts";
import * as models from "../../src/adapters/packages/models.ts";
import { CASES, type Case, type Run } from "./cases.ts";
import type { Engine, Settings } from "./engine.ts";
import { llamaCppPython } from "./engines/llama-cpp-python.ts";
import { llamaServer } from "./engines/llama-server.ts";
import { ours } from "./engines/ours.ts";
import { toRows, type Measured } from "./row.ts";
import { ServerProcess } from "./server-process.ts";
import { formatTable } from "./table.ts";

const USAGE = `npm run bench:llm -- [--engines ours,llama-server,llama-cpp-python] [--model FILE] [--embedding-model FILE] [--json FILE]
                     [--cases PART,PART] [--rounds N] [--threads N] [--parallel N] [--context N]
                     [--llama-server PROGRAM] [--llama-server-native PROGRAM] [--python PROGRAM]

Asks every engine the same over HTTP, in turn, and compares tokens per second of processor time and the time to the first token.
  --model          GGUF of the chat model; by default the small one that the tests use
  --cases          only those whose name contains one of these
  --rounds         how often all is repeated, each time with servers started anew and in another order; default 5
  --threads        of each engine; default 2
  --parallel       conversations at once; default 32, with --context tokens for each (default 1024)
  --llama-server   its program; else LLAMA_SERVER, else the one on the PATH
  --llama-server-native  another build of it, for the engine llama-server-native; else LLAMA_SERVER_NATIVE
  --python         a Python with llama-cpp-python[server]; else LLAMA_CPP_PYTHON, else python3
`;

/** llama.cpp's threads look for more work for a while before they sleep; nobody is to pay for those of another. Milliseconds. */
const REST = 500;

const say = (line: string) => process.stderr.write(`${line}\n`);

/** An engine and what runs of it in this round. */
interface Started {
  engine: Engine;
  chat: ServerProcess;
  embedding: ServerProcess;
}

async function start(engine: Engine, settings: Settings, embeds: boolean): Promise<Started> {
  const chat = await ServerProcess.start((port) => engine.chat(settings, port), engine.key);
  const apart = embeds && engine.embedding(settings, 0) !== null;
  try {
    return { engine, chat, embedding: apart ? await ServerProcess.start((port) => engine.embedding(settings, port)!, engine.key) : chat };
  } catch (error) {
    await chat.stop();
    throw error;
  }
}

async function measure({ engine, chat, embedding }: Started, one: Case, mark: string): Promise<Measured> {
  const server = one.embeds ? embedding : chat;
  const run: Run = { client: { port: server.port, key: engine.key }, engine, mark };
  let [startedAt, cpuBefore] = [performance.now(), server.cpuSeconds()];
  let outcome: Measured["outcome"];
  server.forgetPeak();
  try {
    await one.prepare?.(run);
    await setTimeout(REST);
    [startedAt, cpuBefore] = [performance.now(), server.cpuSeconds()];
    outcome = await one.measure(run);
  } catch (error) {
    outcome = { failure: (error as Error).message };
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const cpuSeconds = server.cpuSeconds() - cpuBefore;
  say(`${one.name}, ${engine.name}: ${"failure" in outcome ? outcome.failure : `${(outcome.tokens / seconds).toFixed(0)} tokens/s, ${(outcome.tokens / cpuSeconds).toFixed(0)} a CPU second, first token ${outcome.firstTokensMs.map((ms) => ms.toFixed(0)).slice(0, 8).join(" ")} ms`}`);
  return { engine: engine.name, case: one.name, seconds, cpuSeconds, loadSeconds: server.loadSeconds, peakRssBytes: server.peakRssBytes(), outcome };
}

/** Nobody always goes first. */
const inTurn = <Item>(items: readonly Item[], turn: number): Item[] => [...items.slice(turn % items.length), ...items.slice(0, turn % items.length)];

async function runRound(engines: readonly Engine[], cases: readonly Case[], settings: Settings, round: number, signal: AbortSignal): Promise<Measured[]> {
  const started: Started[] = [];
  const measured: Measured[] = [];
  try {
    for (const engine of inTurn(engines, round)) started.push(await start(engine, settings, cases.some(({ embeds }) => embeds)));
    // The first answer of a process makes what all later ones use.
    for (const one of started) for (const each of cases) if (each === cases[0]) await measure(one, each, `warm-up ${round}`);
    for (const [index, one] of cases.entries()) {
      for (const each of inTurn(started, index)) {
        signal.throwIfAborted();
        measured.push(await measure(each, one, `${round}${String.fromCharCode(97 + index)}`));
      }
    }
  } finally {
    for (const { chat, embedding } of started) for (const server of new Set([chat, embedding])) await server.stop();
  }
  return measured;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      engines: { type: "string", default: "ours,llama-server,llama-cpp-python" },
      cases: { type: "string", default: "" },
      model: { type: "string" },
      "embedding-model": { type: "string" },
      json: { type: "string" },
      rounds: { type: "string", default: "5" },
      threads: { type: "string", default: "2" },
      parallel: { type: "string", default: "32" },
      context: { type: "string", default: "1024" },
      "llama-server": { type: "string", default: process.env.LLAMA_SERVER },
      "llama-server-native": { type: "string", default: process.env.LLAMA_SERVER_NATIVE },
      python: { type: "string", default: process.env.LLAMA_CPP_PYTHON ?? "python3" },
      help: { type: "boolean" },
    },
  });
  if (values.help) return void process.stdout.write(USAGE);
  const whole = (name: "rounds" | "threads" | "parallel" | "context") => {
    const number = Number(values[name]);
    if (!Number.isInteger(number) || number < 1) throw new Error(`--${name} needs a whole number above 0, not ${values[name]}.`);
    return number;
  };
  const known = [ours, llamaServer("llama-server", values["llama-server"]), llamaCppPython(values.python), llamaServer("llama-server-native", values["llama-server-native"])];
  const engines = values.engines.split(",").map((name) => {
    const engine = known.find((candidate) => candidate.name === name);
    if (engine === undefined) throw new Error(`There is no engine ${name}: choose from ${known.map((candidate) => candidate.name).join(", ")}.`);
    return engine;
  }).filter((engine) => {
    const missing = engine.missing();
    if (missing !== null) say(`${engine.name} is left out: ${missing}.`);
    return missing === null;
  });
  const cases = CASES.filter(({ name }) => values.cases.split(",").some((part) => name.includes(part)));
  if (engines.length === 0 || cases.length === 0) throw new Error("There is nothing to measure.");
  const rounds = whole("rounds");
  const cacheDir = cacheFolder();
  const settings: Settings = {
    model: resolve(values.model ?? (await models.chatModel({ cacheDir }))),
    embeddingModel: resolve(values["embedding-model"] ?? (await models.embeddingModel({ cacheDir }))),
    threads: whole("threads"),
    parallel: whole("parallel"),
    contextTokens: whole("context"),
  };
  const stopped = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopped.abort(new Error("Stopped.")));
  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round++) {
    say(`Round ${round} of ${rounds}`);
    measured.push(...(await runRound(engines, cases, settings, round, stopped.signal)));
    if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(toRows(measured), null, 2)}\n`);
  }
  process.stdout.write(formatTable(toRows(measured)));
  if (measured.some(({ engine, outcome }) => engine === "ours" && "failure" in outcome)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  say((error as Error).message);
  process.exitCode = 1;
}
