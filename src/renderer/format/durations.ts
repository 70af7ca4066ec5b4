import { t } from "../strings/language.ts";
import { NO_BREAK } from "./amounts.ts";

const tenths = (value: number): string => value.toLocaleString(t.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 0.42 → "0.4 s", 73 → "1 min 13 s", 3780 → "1 h 3 min". */
export function formatDuration(seconds: number): string {
  if (seconds > 0 && seconds < 0.05) return `<${NO_BREAK}${tenths(0.1)}${NO_BREAK}s`;
  if (seconds < 9.95) return `${Number.isInteger(seconds) ? seconds : tenths(seconds)}${NO_BREAK}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${NO_BREAK}s`;
  const minutes = Math.floor(whole / 60);
  const rest = (count: number, unit: string) => (count === 0 ? "" : `${NO_BREAK}${count}${NO_BREAK}${unit}`);
  if (minutes < 60) return `${minutes}${NO_BREAK}min${rest(whole % 60, "s")}`;
  return `${Math.floor(minutes / 60)}${NO_BREAK}h${rest(minutes % 60, "min")}`;
}

/** Seconds left, rounded as far as a guess deserves: "about 40 s left", or "3 to 5 min left" where it varies more than that. */
export function formatTimeLeft(seconds: number, range?: { least: number; most: number }): string {
  if (seconds < 6) return t.amounts.fewSeconds;
  const [round, unit] = roundGuess(seconds);
  if (range !== undefined) {
    const [least, most] = [Math.max(round(0.1), round(range.least)), round(range.most)];
    if (least < most) return t.amounts.leftBetween(`${least}`, `${most}${NO_BREAK}${unit}`);
  }
  return t.amounts.leftAbout(`${round(seconds)}${NO_BREAK}${unit}`);
}

/** How exactly a guess of so many seconds is told: a rounding of seconds to a unit, and the unit. */
function roundGuess(seconds: number): [round: (seconds: number) => number, unit: string] {
  if (seconds < 55) return [(value) => Math.ceil(value / 5) * 5, "s"];
  if (seconds < 90 * 60) return [(value) => Math.max(1, Math.round(value / 60)), "min"];
  return [(value) => Math.round(value / 3600), "h"];
}

/** Seconds between two ISO times, or until `now` in milliseconds while the end is open. */
export function secondsBetween(start: string, end: string | null, now: number): number {
  return Math.max(0, ((end === null ? now : Date.parse(end)) - Date.parse(start)) / 1000);
}

/** "14:05:09" on this computer's clock. */
export const formatClock = (iso: string): string => new Date(iso).toLocaleTimeString(t.locale, { hour12: false });

/** "14:05" on this computer's clock. */
export const formatTime = (iso: string): string => new Date(iso).toLocaleTimeString(t.locale, { hour: "2-digit", minute: "2-digit", hour12: false });

/** "24 Nov 2026, 14:05" on this computer's clock. */
export const formatMoment = (iso: string): string => new Date(iso).toLocaleString(t.locale, { dateStyle: "medium", timeStyle: "short" });
