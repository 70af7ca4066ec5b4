import type { Spread } from "../upload/spread.ts";
import type { Row } from "./row.ts";

const HEAD = ["case", "engine", "tokens/s", "tokens/CPU s", "ours ÷ it, per CPU s", "first token ms p50", "p95", "ours ÷ it, p50", "load s", "RSS MB"];

/** A table in Markdown: medians, and (lowest–highest) of the rounds where there were several. */
export function formatTable(rows: readonly Row[]): string {
  const all = [HEAD, HEAD.map(() => ""), ...rows.map(lineOf)];
  const widths = HEAD.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  return all.map((line, index) => `| ${line.map((cell, column) => (index === 1 ? "-".repeat(widths[column]!) : cell.padEnd(widths[column]!))).join(" | ")} |\n`).join("");
}

function lineOf(row: Row): string[] {
  if (row.tokensPerSecond === null) return [row.case, row.engine, `failed: ${row.failure}`, ...HEAD.slice(3).map(() => "–")];
  return [
    row.case,
    row.engine,
    range(row.spread.tokensPerSecond),
    range(row.spread.tokensPerCpuSecond),
    figure(row.ours?.tokensPerCpuSecond, 2),
    range(row.spread.ttftMsP50),
    figure(row.ttftMsP95, 0),
    figure(row.ours?.ttftMsP50, 2),
    figure(row.loadSeconds, 2),
    figure(row.peakRssMb, 0),
  ];
}

const figure = (value: number | null | undefined, digits: number): string => (value == null ? "–" : value.toFixed(digits));

function range(spread: Spread | null): string {
  if (spread === null) return "–";
  const digits = spread.median < 100 ? 1 : 0;
  const median = spread.median.toFixed(digits);
  return spread.lowest === spread.highest ? median : `${median} (${spread.lowest.toFixed(digits)}–${spread.highest.toFixed(digits)})`;
}
