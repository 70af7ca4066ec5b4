import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { embeddingModel } from "../../parts/models.ts";
import { seeded } from "../../parts/seeded.ts";
import { startServerProcess, type ServerProcess } from "./server-process.ts";
import { KEY, llmConfig } from "./support.ts";

/**
 * A class at work: eight students who ask, read, lose patience and ask wrongly, for a minute, or for
 * ten in the long run. Whatever they did, at the end every request has had one outcome, the server
 * has counted the same ones, every slot is free, and the memory is where it was.
 */
const LONG = process.env.AI_MENTOR_LONG === "1";
const SECONDS = LONG ? 600 : 60;
const STUDENTS = 8;
const PARALLEL = 3;
/** Each request asks for a few tokens: one that takes this long is stuck. Milliseconds. */
const STUCK = 60_000;
/**
 * What may be added from the second quarter of the time to the last, bytes. Of the process: buffers
 * grow for a minute to what they stay at, by 20 to 50 MB; a sampler (590 kB) left behind by every
 * request is more. Of the heap, its lowest point: what is left when rubbish has just been collected.
 */
const GROWTH = { process: 96e6, heap: 16e6 };
/** Megabytes of old objects, so that uncollected rubbish does not hide what the process itself grows by. */
const HEAP = ["--max-old-space-size=96"];

type Outcome = "answered" | "aborted" | "refused" | "rejected" | "stuck" | "broken";

interface Ask {
  kind: string;
  path: string;
  body: Record<string, unknown>;
  /** How many answers the scheduler is asked for, where it is asked at all. */
  answers: number;
  expect: "answer" | "rejection";
}

test("a class at work leaves nothing behind: each request has its outcome, counters agree, slots are free, memory stays", { timeout: (SECONDS + 120) * 1000 }, async ({ onTestFinished }) => {
  const server = await startServerProcess(await llmConfig({ parallel: PARALLEL, embeddingModel: await embeddingModel() }), HEAP);
  onTestFinished(async () => void (await server.end()));
  const until = performance.now() + SECONDS * 1000;
  const tally: Record<string, number> = {};
  const answers = { answered: 0, aborted: 0, refused: 0 };
  const faults: string[] = [];

  const student = async (number: number) => {
    const random = seeded(1000 + number);
    while (performance.now() < until) {
      const ask = anyAsk(random, `student ${number}`);
      const patience = random() < 0.3 ? random() * 500 : null;
      const { outcome, detail } = await askOnce(server, ask, patience);
      tally[`${ask.kind} ${outcome}`] = (tally[`${ask.kind} ${outcome}`] ?? 0) + 1;
      if (outcome in answers) answers[outcome as keyof typeof answers] += ask.answers;
      if (outcome === "stuck" || outcome === "broken") faults.push(`${ask.kind}: ${outcome}, ${detail}`);
      if (outcome === "refused") await sleep(200);
    }
  };
  const memory: Map<string, number>[] = [];
  const watch = async () => {
    for (; performance.now() < until; await sleep(SECONDS * 10)) memory.push(await metrics(server));
  };
  await Promise.all([watch(), ...Array.from({ length: STUDENTS }, (_, number) => student(number))]);
  expect(faults).toEqual([]);

  await expect.poll(() => metrics(server).then((now) => now.get("ai_mentor_llm_requests_running")! + now.get("ai_mentor_llm_requests_waiting")!)).toBe(0);
  const end = await metrics(server);
  const count = (name: string) => end.get(`ai_mentor_llm_${name}`)!;
  const ended = { answered: count('requests_ended_total{outcome="answered"}'), aborted: count('requests_ended_total{outcome="aborted"}'), failed: count('requests_ended_total{outcome="failed"}') };
  expect(ended.failed).toBe(0);
  expect(ended.answered + ended.aborted).toBe(count("requests_accepted_total"));
  // Between a reader's going and the server's hearing of it an answer may end, or be refused.
  expect(ended.answered).toBeGreaterThanOrEqual(answers.answered);
  expect(ended.answered).toBeLessThanOrEqual(answers.answered + answers.aborted);
  expect(ended.aborted).toBeLessThanOrEqual(answers.aborted + answers.refused);
  expect(ended.aborted).toBeGreaterThan(0);
  expect(["chat", "stream", "choices", "scored", "completion", "embeddings", "tokens"].filter((kind) => tally[`${kind} answered`] === undefined)).toEqual([]);

  const slots = (await (await fetch(`${server.url}/slots`, { headers: { authorization: `Bearer ${KEY}` } })).json()) as { is_processing: boolean }[];
  expect(slots.map(({ is_processing }) => is_processing)).toEqual(Array.from({ length: PARALLEL }, () => false));
  expect(growth(memory, "process_resident_memory_bytes", middle)).toBeLessThan(GROWTH.process);
  expect(growth(memory, "nodejs_heap_size_used_bytes", (values) => Math.min(...values))).toBeLessThan(GROWTH.heap);
  expect(await server.end()).toBe(0);
});

function anyAsk(random: () => number, user: string): Ask {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const word = () => pick(["loop", "array", "proof", "cell", "atom", "verb", "Größe", "你好"]);
  const max_tokens = 1 + Math.floor(random() * 24);
  const messages = [{ role: "user", content: `Explain ${word()} and ${word()} to me.` }];
  const sampling = { user, max_tokens, temperature: random(), seed: Math.floor(random() * 1000) };
  const chat = (kind: string, change: object, asked = 1): Ask => ({ kind, path: "/v1/chat/completions", body: { messages, ...sampling, ...change }, answers: asked, expect: "answer" });
  return pick<() => Ask>([
    () => chat("chat", { repeat_penalty: 1.1 }),
    () => chat("stream", { stream: true, stream_options: { include_usage: true } }),
    () => chat("stream", { stream: true, stop: ["e", "."] }),
    () => chat("choices", { n: 2, stream: random() < 0.5 }, 2),
    () => chat("scored", { logprobs: true, top_logprobs: 3, max_tokens: Math.min(max_tokens, 4), stream: random() < 0.5 }),
    () => ({ kind: "completion", path: "/v1/completions", body: { prompt: `The ${word()} is`, ...sampling, stream: random() < 0.5 }, answers: 1, expect: "answer" }),
    () => ({ kind: "embeddings", path: "/v1/embeddings", body: { input: Array.from({ length: 1 + Math.floor(random() * 4) }, () => `${word()} ${word()}`) }, answers: 0, expect: "answer" }),
    () => ({ kind: "tokens", path: "/tokenize", body: { content: word().repeat(20), with_pieces: true }, answers: 0, expect: "answer" }),
    () => ({ kind: "too long", path: "/v1/completions", body: { prompt: `${word()} `.repeat(600), user }, answers: 0, expect: "rejection" }),
    () => ({ kind: "unknown parameter", path: "/v1/chat/completions", body: { messages, mirostat: 2 }, answers: 0, expect: "rejection" }),
  ])();
}

/** @param patience milliseconds after which the reader goes away; null for one who waits */
async function askOnce({ url }: ServerProcess, ask: Ask, patience: number | null): Promise<{ outcome: Outcome; detail: string }> {
  const gone = new AbortController();
  const stuck = AbortSignal.timeout(STUCK);
  const leave = patience === null ? null : setTimeout(() => gone.abort(), patience);
  try {
    const response = await fetch(`${url}${ask.path}`, { method: "POST", headers: { authorization: `Bearer ${KEY}` }, body: JSON.stringify(ask.body), signal: AbortSignal.any([gone.signal, stuck]) });
    const text = await response.text();
    if (response.status === 429) return { outcome: "refused", detail: text };
    if (response.status === 400 && ask.expect === "rejection") return { outcome: "rejected", detail: text };
    const whole = ask.body["stream"] === true ? text.endsWith("data: [DONE]\n\n") : response.status === 200 && JSON.parse(text) !== null;
    return { outcome: whole && ask.expect === "answer" ? "answered" : "broken", detail: `${response.status} ${text.slice(-300)}` };
  } catch (error) {
    if (gone.signal.aborted) return { outcome: "aborted", detail: "" };
    return { outcome: stuck.aborted ? "stuck" : "broken", detail: String(error) };
  } finally {
    if (leave !== null) clearTimeout(leave);
  }
}

async function metrics({ url }: ServerProcess): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${KEY}` } })).text();
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]));
}

/** Of one measure, from the second quarter of the time to the last, each told by one number. */
function growth(measured: readonly Map<string, number>[], name: string, tell: (values: number[]) => number): number {
  const values = measured.map((each) => each.get(name)!);
  const quarter = Math.floor(values.length / 4);
  return tell(values.slice(-quarter)) - tell(values.slice(quarter, 2 * quarter));
}

const middle = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
