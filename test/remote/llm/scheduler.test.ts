import { getLlama, LlamaContextSequence, type Llama, type LlamaContext, type LlamaModel, type Token } from "../../../remote/node_modules/node-llama-cpp/dist/index.js";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { EndReason, Job, Penalties } from "../../../remote/llm/scheduling/job.ts";
import { QueueFullError } from "../../../remote/llm/scheduling/queue.ts";
import { Scheduler } from "../../../remote/llm/scheduling/scheduler.ts";
import { chatModel } from "../../parts/models.ts";

let llama: Llama;
let model: LlamaModel;
let context: LlamaContext | null = null;

beforeAll(async () => {
  llama = await getLlama({ gpu: false, build: "never", progressLogs: false });
  model = await llama.loadModel({ modelPath: await chatModel(), gpuLayers: 0 });
}, 60_000);
afterEach(async () => {
  vi.restoreAllMocks();
  await context?.dispose();
});
afterAll(() => llama.dispose());

async function schedulerOf(parallel: number, options: { queueLimit?: number; promptPiece?: number } = {}) {
  context = await model.createContext({ contextSize: 256, sequences: parallel, batchSize: 512, threads: 1 });
  const batches = vi.spyOn(Reflect.get(context, "_ctx") as { decodeBatch(): Promise<void> }, "decodeBatch");
  return { scheduler: new Scheduler(context, { queueLimit: 8, promptPiece: 64, copiedPerEvaluated: 64, fewestCopied: 16, ...options }), batches };
}

interface Watched {
  job: Job;
  tokens: Token[];
  ended: Promise<EndReason>;
  stop: AbortController;
}

const NO_PENALTIES: Penalties = { lastTokens: 64, repeat: 1, frequency: 0, presence: 0 };

function watched(prompt: string | Token[], maxTokens: number, onToken: (count: number) => void = () => undefined, penalties = NO_PENALTIES): Watched {
  const tokens: Token[] = [];
  const stop = new AbortController();
  const { promise: ended, resolve, reject } = Promise.withResolvers<EndReason>();
  const job: Job = {
    prompt: typeof prompt === "string" ? model.tokenize(prompt) : prompt,
    maxTokens,
    sampling: { temperature: 0, topK: 40, topP: 0.95, minP: 0, seed: 1, penalties },
    signal: stop.signal,
    onStart: () => undefined,
    onToken: (token) => {
      tokens.push(token);
      onToken(tokens.length);
      return true;
    },
    onEnd: resolve,
    onError: reject,
  };
  return { job, tokens, ended, stop };
}

const story = (index: number) => `Once upon a time there were ${index + 2} small foxes who`;

test.each([2, 8])("%i conversations share one batch in every tick", async (parallel) => {
  const { scheduler, batches } = await schedulerOf(parallel);
  const all = Array.from({ length: parallel }, (_, index) => watched(story(index), 12));
  for (const { job } of all) scheduler.submit(job);
  expect(await Promise.all(all.map(({ ended }) => ended))).toEqual(all.map(() => "length"));
  expect(all.map(({ tokens }) => tokens.length)).toEqual(all.map(() => 12));
  expect(batches).toHaveBeenCalledTimes(12);
});

test("whoever asks for log probabilities is in the same batch, and says the same", async () => {
  const { scheduler, batches } = await schedulerOf(2);
  const [plain, scored] = [watched(story(0), 8), watched(story(0), 8)];
  scheduler.submit(plain.job);
  scheduler.submit({ ...scored.job, alternatives: 2 });
  expect(await Promise.all([plain.ended, scored.ended])).toEqual(["length", "length"]);
  expect(scored.tokens).toEqual(plain.tokens);
  expect(batches).toHaveBeenCalledTimes(8);
});

test("together they say what each says alone", async () => {
  const { scheduler } = await schedulerOf(4);
  const alone: Token[][] = [];
  for (let index = 0; index < 4; index++) {
    const one = watched(story(index), 8);
    scheduler.submit(one.job);
    await one.ended;
    alone.push(one.tokens);
  }
  const together = Array.from({ length: 4 }, (_, index) => watched(story(index), 8));
  for (const { job } of together) scheduler.submit(job);
  await Promise.all(together.map(({ ended }) => ended));
  expect(together.map(({ tokens }) => tokens)).toEqual(alone);
});

test("a latecomer with a long prompt is read in pieces: it does not wait, and nobody waits for it", async () => {
  const { scheduler } = await schedulerOf(3, { promptPiece: 16 });
  // Every slot holds an old conversation, so that the latecomer's must be erased while others run.
  const old = [0, 1, 2].map((index) => watched(`Old ${index}: ${story(index)}`, 2));
  for (const { job } of old) scheduler.submit(job);
  await Promise.all(old.map(({ ended }) => ended));

  const prompt = model.tokenize("The list: " + "apple pear plum ".repeat(30)).slice(0, 80);
  let atArrival = 0;
  let atFirstToken = 0;
  const late = watched(prompt, 4, (count) => {
    if (count === 1) atFirstToken = running[0]!.tokens.length;
  });
  const running = [0, 1].map((index) =>
    watched(story(index), 30, (count) => {
      if (index === 1 && count === 10) {
        atArrival = count;
        scheduler.submit(late.job);
      }
    }),
  );
  for (const { job } of running) scheduler.submit(job);
  expect(await late.ended).toBe("length");
  // 80 tokens are five pieces: five ticks, in each of which the others got a token.
  expect(atFirstToken - atArrival).toBe(5);
  expect(running.every(({ tokens }) => tokens.length < 30)).toBe(true);
  await Promise.all(running.map(({ ended }) => ended));
});

test.each([
  ["repeat", { repeat: 2 }],
  ["frequency", { frequency: 2 }],
  ["presence", { presence: 2 }],
])("a %s penalty breaks a loop, and touches nobody else in the batch", async (_, penalty) => {
  const { scheduler } = await schedulerOf(2);
  const loop = "red blue red blue red blue red blue red blue red";
  const [looping, penalised] = [watched(loop, 24), watched(loop, 24, undefined, { ...NO_PENALTIES, lastTokens: -1, ...penalty })];
  for (const { job } of [looping, penalised]) scheduler.submit(job);
  await Promise.all([looping.ended, penalised.ended]);
  expect(new Set(looping.tokens).size).toBe(1);
  expect(new Set(penalised.tokens).size).toBeGreaterThan(6);
});

test("of the answer only its latest tokens are held against it", async () => {
  const { scheduler } = await schedulerOf(1);
  const answers: Token[][] = [];
  for (const lastTokens of [0, 1, -1]) {
    const one = watched("red blue red blue red blue red blue red blue red", 24, undefined, { lastTokens, repeat: 2, frequency: 0, presence: 0 });
    scheduler.submit(one.job);
    await one.ended;
    answers.push(one.tokens);
  }
  const [none, last, all] = answers.map((tokens) => new Set(tokens).size);
  // With a memory of one token it says two words in turn; only a longer memory sees that loop.
  expect([none, last]).toEqual([1, 2]);
  expect(all).toBeGreaterThan(6);
});

test("an aborted answer gives its slot to who waits", async () => {
  const { scheduler } = await schedulerOf(1);
  const long = watched(story(0), 200, (count) => count === 3 && long.stop.abort());
  const next = watched(story(1), 3);
  scheduler.submit(long.job);
  scheduler.submit(next.job);
  expect(await long.ended).toBe("aborted");
  expect(long.tokens).toHaveLength(3);
  expect(await next.ended).toBe("length");
  await scheduler.idle();
  expect(scheduler.active + scheduler.waiting).toBe(0);
});

test("who waits can leave, and a full queue says so", async () => {
  const { scheduler } = await schedulerOf(1, { queueLimit: 1 });
  const [first, second, third, fourth] = [0, 1, 2, 3].map((index) => watched(story(index), 3));
  scheduler.submit(first!.job);
  scheduler.submit(second!.job);
  expect(() => scheduler.submit(third!.job)).toThrow(QueueFullError);
  second!.stop.abort();
  expect(await second!.ended).toBe("aborted");
  scheduler.submit(fourth!.job);
  expect(await Promise.all([first!.ended, fourth!.ended])).toEqual(["length", "length"]);
});

test("a fault in one answer's own code does not touch the others", async () => {
  const { scheduler } = await schedulerOf(2);
  const broken = watched(story(0), 10, () => {
    throw new Error("broken reader");
  });
  const sound = watched(story(1), 10);
  scheduler.submit(broken.job);
  scheduler.submit(sound.job);
  await expect(broken.ended).rejects.toThrow("broken reader");
  expect(await sound.ended).toBe("length");
});

describe("a prompt that begins like another", () => {
  const material = () => model.tokenize("The course: " + Array.from({ length: 12 }, (_, index) => `chapter ${index} is about number ${index * 7}`).join(", ")).slice(0, 90);
  const ask = (word: string) => [...material(), ...model.tokenize(`. The ${word}`)];
  const words = ["fox", "river", "clock"];

  async function each(run: (jobs: Watched[]) => Promise<unknown>) {
    const cached: number[] = [];
    const jobs = words.map((word, index) => {
      const one = watched(ask(word), 8);
      return { ...one, job: { ...one.job, onStart: (tokens: number) => (cached[index] = tokens) } };
    });
    await run(jobs);
    return { tokens: jobs.map(({ tokens }) => tokens), cached };
  }

  test("is evaluated once, whoever comes first or at the same moment, and answered as if alone", async () => {
    const alone: Token[][] = [];
    for (const [index] of words.entries()) {
      const { scheduler } = await schedulerOf(1);
      const { tokens } = await each(async (jobs) => {
        scheduler.submit(jobs[index]!.job);
        await jobs[index]!.ended;
      });
      alone.push(tokens[index]!);
      await context?.dispose();
    }
    const { scheduler } = await schedulerOf(3, { promptPiece: 16 });
    const { tokens, cached } = await each(async (jobs) => {
      for (const { job } of jobs) scheduler.submit(job);
      await Promise.all(jobs.map(({ ended }) => ended));
    });
    expect(tokens).toEqual(alone);
    expect(cached).toEqual([0, expect.toSatisfy((count: number) => count >= 90), expect.toSatisfy((count: number) => count >= 90)]);
    expect(scheduler.counters.promptTokens).toBeLessThan(90 + 3 * 8);
  });

  describe("in less than half of each conversation", () => {
    const begin = (word: string) => [...material().slice(0, 24), ...model.tokenize(`. The ${word}: ${`${word} and ${word}, `.repeat(12)}`)];

    async function askedOneByOne(parallel: number) {
      const { scheduler } = await schedulerOf(parallel);
      const copied: number[] = [];
      const save = LlamaContextSequence.prototype.saveStateToFile;
      vi.spyOn(LlamaContextSequence.prototype, "saveStateToFile").mockImplementation(function (this: LlamaContextSequence, path) {
        copied.push(this.nextTokenIndex);
        return save.call(this, path);
      });
      /** How many of its tokens needed no evaluation, and how many were copied. */
      const answered = async (prompt: Token[]) => {
        let cached = -1;
        copied.length = 0;
        const one = watched(prompt, 1);
        scheduler.submit({ ...one.job, onStart: (tokens) => (cached = tokens) });
        await one.ended;
        return { cached, copied: [...copied] };
      };
      await answered(begin("fox"));
      const { cached: shared } = await answered(begin("river"));
      return { scheduler, answered, shared };
    }

    test("is kept by itself, and neither copied with a conversation again nor given up for one", async () => {
      const { answered, shared } = await askedOneByOne(8);
      expect(shared).toBeGreaterThanOrEqual(24);
      expect(await answered(begin("clock"))).toEqual({ cached: shared, copied: [shared] });
      for (let index = 0; index < 8; index++) await answered(model.tokenize(`${index} ${story(index)}`));
      expect(await answered(begin("tower"))).toEqual({ cached: shared, copied: [shared] });
    });

    test("costs nobody a conversation where there are few", async () => {
      const { scheduler, answered, shared } = await askedOneByOne(7);
      expect(await answered(begin("clock"))).toMatchObject({ cached: shared });
      expect(scheduler.slots().filter(({ cachedTokens }) => cachedTokens > 0)).toHaveLength(3);
    });
  });

  test("does not wait for one who went away", async () => {
    const { scheduler } = await schedulerOf(3, { promptPiece: 16 });
    const runner = watched(story(0), 60);
    const [first, second] = [watched(ask("fox"), 8), watched(ask("river"), 4)];
    scheduler.submit(runner.job);
    await vi.waitFor(() => expect(runner.tokens.length).toBeGreaterThan(0), { interval: 1 });
    scheduler.submit(first.job);
    scheduler.submit(second.job);
    await vi.waitFor(() => expect(scheduler.counters.promptTokens).toBeGreaterThan(runner.job.prompt.length), { interval: 1 });
    first.stop.abort();
    expect(await first.ended).toBe("aborted");
    expect(await second.ended).toBe("length");
    await runner.ended;
  });

  test("is not waited for where it shares too little", async () => {
    const { scheduler } = await schedulerOf(2);
    const jobs = [0, 1].map((index) => watched(`Once there were ${index} ${"long tales ".repeat(20)}`, 3));
    for (const { job } of jobs) scheduler.submit(job);
    expect(await Promise.all(jobs.map(({ ended }) => ended))).toEqual(["length", "length"]);
    expect(scheduler.counters.cachedTokens).toBe(0);
  });
});

test("answers under way sit side by side, and a conversation that must move keeps its memory and its neighbour's", async () => {
  const { scheduler } = await schedulerOf(4);
  const addToBatch = vi.spyOn(Reflect.get(context!, "_ctx") as { addToBatch(sequence: number, ...rest: unknown[]): unknown }, "addToBatch");
  const histories = [0, 1, 2, 3].map((index) => model.tokenize(`${index} ${index} ${index}: ${story(index)} ${"walked and walked ".repeat(index + 4)}`));
  for (const history of histories) {
    const old = watched(history, 1);
    scheduler.submit(old.job);
    await old.ended;
  }
  const goOn = (index: number, maxTokens: number) => {
    const one = watched([...histories[index]!, ...model.tokenize(" home", false)], maxTokens);
    const started = { cached: -1 };
    return { ...one, started, job: { ...one.job, onStart: (tokens: number) => (started.cached = tokens) } };
  };
  const alone = goOn(3, 6);
  scheduler.submit(alone.job);
  await alone.ended;

  const first = goOn(0, 20);
  scheduler.submit(first.job);
  await vi.waitFor(() => expect(first.tokens.length).toBeGreaterThan(0), { interval: 1 });
  addToBatch.mockClear();
  const second = goOn(3, 6);
  scheduler.submit(second.job);
  expect(await second.ended).toBe("length");
  // The fourth conversation lay in the last sequence; it went on in the one beside the first.
  expect([...new Set(addToBatch.mock.calls.map(([sequence]) => sequence))]).toEqual([0, 1]);
  expect(second.tokens).toEqual(alone.tokens);
  expect(second.started.cached).toBe(histories[3]!.length);
  await first.ended;
  const displaced = goOn(1, 2);
  scheduler.submit(displaced.job);
  await displaced.ended;
  expect(displaced.started.cached).toBe(histories[1]!.length);
});
