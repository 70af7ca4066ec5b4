import { memo } from "react";
import type { LogLine } from "../../contract/logs.ts";
import { formatClock } from "../format/durations.ts";
import { t } from "../strings/language.ts";
import { sourceName } from "./source-name.ts";

interface LogRowProps {
  line: LogLine;
  raw: boolean;
  open: boolean;
  onOpen(seq: number): void;
}

/** One line of one row; opened, all of it as it was written. */
export const LogRow = memo(function LogRow({ line, raw, open, onOpen }: LogRowProps) {
  const { seq, at, source, level, text } = line;
  return (
    <button type="button" className={`log-row ${level}${open ? " open" : ""}`} aria-expanded={open} onClick={() => onOpen(seq)}>
      <time dateTime={at}>{raw ? at.slice(11, 23) : formatClock(at)}</time>
      <span className="log-source">{raw ? source : sourceName(source)}</span>
      <span className="log-level">{raw ? level : t.logs.levelNames[level]}</span>
      <span className="log-text" lang="en">{text}</span>
      {open && <code className="log-raw">{`${at} ${level} ${source} #${seq}`}</code>}
    </button>
  );
});
