/** One measurement, as `--json` writes it. */
export interface BackupRow {
  kind: string;
  rows: number;
  tool: "ours" | "bare loop" | "jsonl+zstd" | "cold tar.gz" | "milvus";
  step: string;
  seconds: number;
  /** Of the files that it makes; null where it makes none. */
  bytes: number | null;
  rowsPerSecond: number;
  /** Of the process that does it, Milvus not counted; null where it is tar. */
  peakRssMb: number | null;
  /** Whether what came out are the rows that were put in, bit for bit; null where that was not looked at. */
  identical: boolean | null;
}

const share = (value: number | undefined, of: number | undefined): string => (value === undefined || of === undefined ? "–" : (value / of).toFixed(2));

export function formatTable(rows: readonly BackupRow[]): string {
  const cell = (text: string, width: number) => text.padStart(width);
  const lines = [`${"kind".padEnd(12)}${"rows".padStart(8)}  ${"tool".padEnd(12)}${"step".padEnd(30)}${cell("seconds", 9)}${cell("MB", 9)}${cell("rows/s", 9)}${cell("RSS MB", 8)}  identical`];
  for (const row of rows) {
    lines.push(`${row.kind.padEnd(12)}${String(row.rows).padStart(8)}  ${row.tool.padEnd(12)}${row.step.padEnd(30)}${cell(row.seconds.toFixed(1), 9)}${cell(row.bytes === null ? "" : (row.bytes / 1e6).toFixed(1), 9)}${cell(String(Math.round(row.rowsPerSecond)), 9)}${cell(row.peakRssMb === null ? "" : row.peakRssMb.toFixed(0), 8)}  ${row.identical === null ? "" : row.identical ? "yes" : "NO"}`);
  }
  for (const group of new Set(rows.map(({ kind, rows: count }) => `${kind} ${count}`))) {
    const of = (tool: string, step: string) => rows.find((row) => `${row.kind} ${row.rows}` === group && row.tool === tool && row.step === step);
    lines.push(
      `${group}: backup and proof ÷ bare loop twice ${share(of("ours", "backup and proof")?.seconds, of("bare loop", "all rows out, twice")?.seconds)} (reach ≤ 1.5), bytes ÷ cold tar.gz ${share(of("ours", "backup and proof")?.bytes ?? undefined, of("cold tar.gz", "stop, tar, start")?.bytes ?? undefined)} (≤ 0.9), Milvus' own insert and index ÷ restore ${share(of("milvus", "insert and index")?.seconds, of("ours", "restore")?.seconds)} (≥ 0.9)`,
    );
  }
  return `${lines.join("\n")}\n`;
}
