import type { Progress } from "../../contract/progress.ts";
import { formatBytes, formatCount, NO_BREAK } from "./amounts.ts";
import { formatTimeLeft } from "./durations.ts";
import { t } from "../strings/language.ts";

/** Share done from 0 to 1; null while the total is not known. */
export function share({ done, total }: Progress): number | null {
  return total === null || total <= 0 ? null : Math.min(1, Math.max(0, done / total));
}

/** "3.2 of 5.1 GB": how far it has come, in its own unit. */
export function formatAmount({ done, total, unit }: Progress): string {
  if (unit === "seconds" || (unit === "steps" && total === null)) return "";
  const show = unit === "bytes" ? formatBytes : (count: number) => formatCount(Math.round(count));
  const suffix = unit === "bytes" ? "" : ` ${t.amounts.units[unit]}`;
  return total === null ? `${show(done)}${suffix}` : `${t.amounts.of(show(done), show(total))}${suffix}`;
}

/** "24 MB/s"; empty before there is a measurement. */
export function formatRate({ rate, unit }: Progress): string {
  if (rate === null || unit === "seconds" || unit === "steps") return "";
  return unit === "bytes" ? `${formatBytes(rate)}/s` : `${formatCount(Math.round(rate))} ${t.amounts.units[unit]}/s`;
}

/** All figures of a wait in one line, which breaks only between them. */
export function formatFigures(progress: Progress): string {
  const left = progress.etaSeconds === null ? "" : formatTimeLeft(progress.etaSeconds, progress.etaRange);
  return [formatAmount(progress), formatRate(progress), left].filter((part) => part !== "").map((part) => part.replaceAll(" ", NO_BREAK)).join(" · ");
}
