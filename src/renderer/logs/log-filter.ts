import type { LogLevel, LogLine } from "../../contract/logs.ts";
import { formatClock } from "../format/durations.ts";

export interface LogFilter {
  /** A source; empty for all. */
  source: string;
  /** This level and what is graver. */
  level: LogLevel;
  search: string;
}

export const ALL_LINES: LogFilter = { source: "", level: "debug", search: "" };

const GRAVITY: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export function matchLines(lines: readonly LogLine[], { source, level, search }: LogFilter): readonly LogLine[] {
  const sought = search.trim().toLowerCase();
  if (source === "" && level === "debug" && sought === "") return lines;
  return lines.filter(
    (line) => (source === "" || line.source === source) && GRAVITY[line.level] >= GRAVITY[level] && (sought === "" || line.text.toLowerCase().includes(sought)),
  );
}

/** The lines as a person would paste them into a mail. */
export const toPlainText = (lines: readonly LogLine[]): string =>
  lines.map(({ at, source, level, text }) => `${formatClock(at)} ${level.toUpperCase().padEnd(5)} ${source}: ${text}\n`).join("");
