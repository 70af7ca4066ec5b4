import { expect, test } from "vitest";
import type { LogLine } from "../../../../src/contract/logs.ts";
import type { AgentStatus } from "../../../../src/contract/agent.ts";
import { followAgent } from "../../../../src/main/host/steps/agent-watch.ts";

const line = (seq: number): LogLine => ({ seq, at: "2026-01-01T00:00:00.000Z", source: "llm", level: "info", text: `line ${seq}` });

/** Time passes at once. */
const clock = { now: () => 0, sleep: async (_ms: number, signal?: AbortSignal) => signal?.throwIfAborted() };

test("a stream that breaks goes on where it stopped, for as long as the agent answers", async () => {
  const streams = [[1, 2], [3], [4]];
  const asked: number[] = [];
  const seen: string[] = [];
  const stop = new AbortController();
  await followAgent(
    {
      async *logs({ after = 0 } = {}) {
        asked.push(after);
        const lines = streams.shift();
        if (lines === undefined) return stop.abort();
        for (const seq of lines) yield line(seq);
        throw new Error("terminated");
      },
      status: async () => ({}) as AgentStatus,
    },
    (_source, _level, text) => seen.push(text),
    clock,
    stop.signal,
  );
  expect(seen).toEqual(["line 1", "line 2", "line 3", "line 4"]);
  expect(asked).toEqual([0, 2, 3, 4]);
});

test("an agent that misses a few looks is not gone; one that misses six is", async () => {
  let looks = 0;
  const silent = {
    logs: (): AsyncGenerator<LogLine, void> => {
      throw new Error("refused");
    },
    status: async (): Promise<AgentStatus> => {
      looks += 1;
      if (looks === 5) return {} as AgentStatus;
      throw new Error("silent");
    },
  };
  await expect(followAgent(silent, () => {}, clock, new AbortController().signal)).rejects.toThrow("silent");
  expect(looks).toBe(5 + 6);
});
