import { create } from "zustand";
import type { LogLine } from "../../contract/logs.ts";

/** Lines kept in this window; the whole log lies in a file on the disk. */
export const LOG_CAPACITY = 20_000;
/** Dropped at once when full, so that most batches only append. */
const SPARE = 2_000;

interface LogsStore {
  lines: readonly LogLine[];
  sources: readonly string[];
  /** Lines that no longer fit and were dropped from the window. */
  dropped: number;
}

export const useLogs = create<LogsStore>(() => ({ lines: [], sources: [], dropped: 0 }));

export function receiveLogs(batch: LogLine[]): void {
  const { lines, sources, dropped } = useLogs.getState();
  const last = lines.at(-1)?.seq ?? -1;
  const fresh = batch.filter(({ seq }) => seq > last);
  if (fresh.length === 0) return;
  const all = [...lines, ...fresh];
  const surplus = all.length > LOG_CAPACITY ? all.length - LOG_CAPACITY + SPARE : 0;
  const unseen = [...new Set(fresh.map(({ source }) => source))].filter((source) => !sources.includes(source));
  useLogs.setState({
    lines: surplus > 0 ? all.slice(surplus) : all,
    sources: unseen.length > 0 ? [...sources, ...unseen].sort() : sources,
    dropped: dropped + surplus,
  });
}

export const lastLogSeq = (): number | undefined => useLogs.getState().lines.at(-1)?.seq;
