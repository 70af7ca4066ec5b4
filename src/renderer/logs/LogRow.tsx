import { memo } from "react";
import type { LogLine } from "../../contract/logs.ts";
import { formatClock } from "../format/durations.ts";

export const LogRow = memo(function LogRow({ line: { at, source, level, text } }: { line: LogLine }) {
  return (
    <div className={`log-row ${level}`}>
      <time dateTime={at}>{formatClock(at)}</time>
      <span className="log-source">{source}</span>
      <span className="log-level">{level}</span>
      <span className="log-text">{text}</span>
    </div>
  );
});
