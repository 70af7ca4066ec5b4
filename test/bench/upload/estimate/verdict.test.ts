import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { replay, type Recording } from "../../../../bench/upload/estimate/recording.ts";
import { formatVerdicts, judge, RIGHT, shownTotal } from "../../../../bench/upload/estimate/verdict.ts";

/** Ten uploads over the emulated links B to E, their first half minute: `npm run bench:estimate` of 28 November 2026. */
const RECORDED = JSON.parse(readFileSync(join(import.meta.dirname, "recorded-uploads.json"), "utf8")) as Recording[];

const verdicts = (atSeconds: number) => RECORDED.map((recording) => judge(recording, shownTotal(replay(recording, atSeconds), atSeconds)));

test("half a minute into an upload the window says within a fifth when it will end, in nine of ten recorded ones", () => {
  expect(new Set(RECORDED.map(({ profile }) => profile))).toEqual(new Set(["B", "C", "D", "E"]));
  const judged = verdicts(30);
  expect(judged.filter(({ miss }) => Math.abs(miss) <= RIGHT).length).toBeGreaterThanOrEqual(9);
  expect(judged.filter(({ within }) => within).length).toBeGreaterThanOrEqual(9);
  expect(formatVerdicts(judged, 30)).toContain("Right within 20 %: 10 of 10.");
});

test("a spread that holds everything would say nothing: on a line that does not lose packets it is narrow", () => {
  for (const { least, likely, most } of verdicts(30).filter(({ profile }) => profile === "C")) expect((most - least) / likely).toBeLessThan(0.3);
});
