import { t } from "../strings/language.ts";
import { formatDuration } from "./durations.ts";

/** Rounds a guess as far as it deserves, in seconds. */
function coarse(seconds: number): number {
  const step = seconds < 60 ? 5 : seconds < 600 ? 15 : 60;
  return Math.max(step, Math.round(seconds / step) * step);
}

/** "about 4 min", or "3 min 30 s to 5 min" where it may vary by more than a tenth. */
export function formatSpread({ least, likely, most }: { least: number; likely: number; most: number }): string {
  const [from, to] = [coarse(least), coarse(most)];
  return to - from > likely / 10 ? t.amounts.between(formatDuration(from), formatDuration(to)) : t.amounts.about(formatDuration(coarse(likely)));
}
