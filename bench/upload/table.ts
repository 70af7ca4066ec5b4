import type { Row } from "./row.ts";
import { spreadOf } from "./spread.ts";

const HEAD = ["profile", "tool", "MB/s", "steady", "of limit", "beside scp", "seconds", "CPU s/GB", "RSS MB", "file"];

/** A table in Markdown, one line for each profile and tool: medians over the rounds, where there were several. */
export function formatTable(rows: readonly Row[]): string {
  const groups = Map.groupBy(rows, ({ profile, tool }) => `${profile} ${tool}`).values();
  const all = [HEAD, HEAD.map(() => ""), ...groups.map((group) => lineOf(group, rows))];
  const widths = HEAD.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  return all.map((line, index) => `| ${line.map((cell, column) => (index === 1 ? "-".repeat(widths[column]!) : cell.padEnd(widths[column]!))).join(" | ")} |\n`).join("");
}

function lineOf(group: readonly Row[], rows: readonly Row[]): string[] {
  const { profile, tool } = group[0]!;
  const median = (of: (row: Row) => number | null, digits: number) => figure(spreadOf(group.map(of))?.median, digits);
  const range = (of: (row: Row) => number | null, digits: number, unit = "") => {
    const spread = spreadOf(group.map(of));
    if (spread === null) return "–";
    return figure(spread.median, digits) + unit + (group.length === 1 ? "" : ` (${figure(spread.lowest, digits)}–${figure(spread.highest, digits)})`);
  };
  return [
    profile,
    tool,
    range((row) => row.mbPerSecond, 1),
    median((row) => row.steadyMbPerSecond, 1),
    median((row) => row.shareOfLimit, 2),
    range((row) => besideScp(row, rows), 2, " ×"),
    median((row) => row.seconds, 1),
    median((row) => row.cpuSecondsPerGb, 2),
    median((row) => row.peakRssMb, 0),
    arrival(group),
  ];
}

/** In the same round: what the machine did meanwhile has befallen both. */
function besideScp(row: Row, rows: readonly Row[]): number | null {
  const scp = rows.find(({ profile, tool, round }) => tool === "scp" && profile === row.profile && round === row.round);
  return scp === undefined || scp.mbPerSecond === 0 ? null : row.mbPerSecond / scp.mbPerSecond;
}

function arrival(group: readonly Row[]): string {
  const [first, ...more] = group as readonly [Row, ...Row[]];
  const there = group.filter(({ verified }) => verified).length;
  if (there === group.length) return "same";
  if (more.length > 0) return `same in ${there} of ${group.length}`;
  return first.timedOut ? `out of time, ${(first.bytes / 1e6).toFixed(0)} MB there` : "not there";
}

const figure = (value: number | undefined, digits: number): string => (value === undefined ? "–" : value.toFixed(digits));
