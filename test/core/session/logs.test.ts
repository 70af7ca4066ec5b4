import { expect, test } from "vitest";
import type { LogLine } from "../../../src/contract/logs.ts";
import { SessionLogs, type LogWatch } from "../../../src/core/session/logs.ts";
import { FakeClock, settled } from "../../fakes/clock.ts";

function setUp() {
  const clock = new FakeClock();
  const logs = new SessionLogs({ clock });
  const watch = (filter: LogWatch, stop = new AbortController()) => {
    const batches: LogLine[][] = [];
    const ended = (async () => {
      for await (const batch of logs.watch(filter, stop.signal)) batches.push(batch);
    })();
    return { batches, ended, stop };
  };
  return { clock, logs, watch };
}

const texts = (batches: LogLine[][]): string[] => batches.flat().map(({ text }) => text);

test("lines come in order, by source, with growing numbers", async () => {
  const { logs, watch } = setUp();
  logs.sink("llm", "info", "loading");
  logs.sink("api", "warn", "slow");
  const all = watch({});
  const api = watch({ source: "api" });
  await settled();
  expect(all.batches).toEqual([
    [
      { seq: 1, at: "2026-01-01T00:00:00.000Z", source: "llm", level: "info", text: "loading" },
      { seq: 2, at: "2026-01-01T00:00:00.000Z", source: "api", level: "warn", text: "slow" },
    ],
  ]);
  expect(texts(api.batches)).toEqual(["slow"]);
  all.stop.abort();
  api.stop.abort();
  await Promise.all([all.ended, api.ended]);
});

test("a chatty service gives at most 1,000 lines a batch and ten batches a second, and loses none that are kept", async () => {
  const { clock, logs, watch } = setUp();
  const { batches, ended, stop } = watch({});
  for (let line = 1; line <= 4_500; line++) logs.sink("llm", "debug", `line ${line}`);
  await settled();
  expect(batches).toHaveLength(1);
  await clock.advance(350);
  expect(batches.length).toBeLessThanOrEqual(4);
  await clock.advance(1_000);
  expect(batches.every((batch) => batch.length <= 1_000)).toBe(true);
  expect(texts(batches)).toEqual(Array.from({ length: 4_500 }, (_, index) => `line ${index + 1}`));
  stop.abort();
  await ended;
  expect(clock.sleeping).toBe(0);
});

test("without follow it ends after what is there; with a last number it goes on from there", async () => {
  const { clock, logs, watch } = setUp();
  for (let line = 1; line <= 450; line++) logs.sink(line % 2 ? "llm" : "api", "info", `${line}`);
  const past = watch({ lastSeq: 440, source: "api", follow: false });
  await clock.advance(1_000);
  await past.ended;
  expect(texts(past.batches)).toEqual(["442", "444", "446", "448", "450"]);
  const whole = watch({ follow: false });
  await clock.advance(1_000);
  await whole.ended;
  expect(texts(whole.batches)).toHaveLength(450);
});

test("memory is bounded: the oldest lines go, and a number from another life means the beginning", async () => {
  const { clock, logs, watch } = setUp();
  for (let line = 1; line <= 30_000; line++) logs.sink("llm", "info", `${line}`);
  const { batches, ended } = watch({ lastSeq: 99_999, follow: false });
  await clock.advance(60_000);
  await ended;
  const lines = batches.flat();
  expect(lines.length).toBeLessThanOrEqual(10_000);
  expect(lines.at(-1)).toMatchObject({ seq: 30_000, text: "30000" });
});

test("known secrets are blanked out wherever they stand, and a dump is cut", async () => {
  const { logs, watch } = setUp();
  logs.redact("open sesame");
  logs.redact("");
  logs.redact("key");
  logs.sink("connect", "error", "tried key open sesame, twice: open sesame");
  logs.sink("llm", "error", "x".repeat(10_000));
  const { batches, stop, ended } = watch({});
  await settled();
  expect(texts(batches)[0]).toBe("tried key •••, twice: •••");
  expect(texts(batches)[1]).toHaveLength(4_000 + "… (10000 characters)".length);
  stop.abort();
  await ended;
});
