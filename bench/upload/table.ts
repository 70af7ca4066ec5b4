import type { Row } from "./row.ts";

const HEAD = ["profile", "tool", "MB/s", "steady", "of limit", "beside scp", "seconds", "CPU s/GB", "RSS MB", "file"];

/** The rows as a table in Markdown. */
export function formatTable(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const scp = rows.find(({ profile, tool }) => profile === row.profile && tool === "scp");
    return [
      row.profile,
      row.tool,
      figure(row.mbPerSecond, 1),
      figure(row.steadyMbPerSecond, 1),
      figure(row.shareOfLimit, 2),
      scp === undefined || scp.mbPerSecond === 0 ? "–" : `${(row.mbPerSecond / scp.mbPerSecond).toFixed(2)} ×`,
      figure(row.seconds, 1),
      figure(row.cpuSecondsPerGb, 2),
      figure(row.peakRssMb, 0),
      row.verified ? "same" : row.timedOut ? `out of time, ${(row.bytes / 1e6).toFixed(0)} MB there` : "not there",
    ];
  });
  const all = [HEAD, HEAD.map(() => ""), ...lines];
  const widths = HEAD.map((_, column) => Math.max(...all.map((line) => line[column]!.length)));
  return all.map((line, index) => `| ${line.map((cell, column) => (index === 1 ? "-".repeat(widths[column]!) : cell.padEnd(widths[column]!))).join(" | ")} |\n`).join("");
}

const figure = (value: number | null, digits: number): string => (value === null ? "–" : value.toFixed(digits));
