import { expect, test } from "vitest";
import type { Row } from "../../../bench/upload/row.ts";
import { formatTable } from "../../../bench/upload/table.ts";

const row = (tool: string, mbPerSecond: number, rest: Partial<Row> = {}): Row => ({ profile: "B", tool, bytes: 1e9, seconds: 1000 / mbPerSecond, mbPerSecond, steadyMbPerSecond: null, shareOfLimit: null, cpuSecondsPerGb: 2, peakRssMb: 14, verified: true, ...rest });

const cells = (rows: Row[]) =>
  formatTable(rows)
    .trimEnd()
    .split("\n")
    .slice(2)
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));

test("one round shows what was measured, beside scp on the same link", () => {
  expect(cells([row("ours", 100), row("scp", 80), row("rsync", 0, { seconds: 3, verified: false, failure: "no" }), row("ours", 5, { profile: "C", verified: false, timedOut: true })])).toEqual([
    ["B", "ours", "100.0", "–", "–", "1.25 ×", "10.0", "2.00", "14", "same"],
    ["B", "scp", "80.0", "–", "–", "1.00 ×", "12.5", "2.00", "14", "same"],
    ["B", "rsync", "0.0", "–", "–", "0.00 ×", "3.0", "2.00", "14", "not there"],
    ["C", "ours", "5.0", "–", "–", "–", "200.0", "2.00", "14", "out of time, 1000 MB there"],
  ]);
});

test("several rounds show the median and what it lies between, each ratio taken within its round", () => {
  const rounds: [ours: number, scp: number][] = [[100, 100], [60, 30], [90, 60], [80, 100]];
  const rows = rounds.flatMap(([ours, scp], index) => [row("ours", ours, { round: index + 1, steadyMbPerSecond: index === 0 ? null : ours }), row("scp", scp, { round: index + 1, verified: index > 0 })]);
  expect(cells(rows).map((line) => [line[1], line[2], line[3], line[5], line[9]])).toEqual([
    ["ours", "85.0 (60.0–100.0)", "80.0", "1.25 × (0.80–2.00)", "same"],
    ["scp", "80.0 (30.0–100.0)", "–", "1.00 × (1.00–1.00)", "same in 3 of 4"],
  ]);
});
