import { literal, oneOf } from "./rules.ts";

/** What a double tells apart for certain. */
const MOST_DIGITS = 15;
/** Of a whole number without an upper bound. */
const UNBOUNDED_DIGITS = 16;

export interface NumberRange {
  /** Whole numbers; -Infinity and Infinity for none. */
  min: number;
  max: number;
  minExcluded: boolean;
  maxExcluded: boolean;
}

/** Whole numbers from `min` to `max`, both included; null when there is none. */
export function integersBetween(min: number, max: number): string | null {
  const ways: string[] = [];
  if (min < 0) ways.push(...naturalsBetween(Math.max(1, -max), -min).map((way) => `"-" ${way}`));
  ways.push(...naturalsBetween(Math.max(0, min), max));
  return ways.length === 0 ? null : oneOf(ways);
}

/** Decimal numbers without an exponent; null when there is none. */
export function numbersBetween({ min, max, minExcluded, maxExcluded }: NumberRange): string | null {
  const ways: string[] = [];
  // Below zero the same in the mirror; zero itself is written without a sign.
  if (min < 0) ways.push(...magnitudes({ min: Math.max(0, -max), max: -min, minExcluded: max >= 0 || maxExcluded, maxExcluded: minExcluded }).map((way) => `"-" ${way}`));
  if (max >= 0) ways.push(...magnitudes({ min: Math.max(0, min), max, minExcluded: min >= 0 && minExcluded, maxExcluded }));
  return ways.length === 0 ? null : oneOf(ways);
}

function magnitudes({ min, max, minExcluded, maxExcluded }: NumberRange): string[] {
  const places = Math.max(1, MOST_DIGITS - String(Number.isFinite(max) ? max : min).length);
  const ways: string[] = [];
  if (min > max) return ways;
  if (min < max) {
    if (minExcluded) ways.push(`${literal(String(min))} "." [0-9]{0,${places - 1}} [1-9]`);
    ways.push(...naturalsBetween(minExcluded ? min + 1 : min, max - 1).map((way) => `${way} ("." [0-9]{1,${places}})?`));
  }
  if (!maxExcluded && Number.isFinite(max) && !(min === max && minExcluded)) ways.push(literal(String(max)));
  return ways;
}

function naturalsBetween(min: number, max: number): string[] {
  const digits = Number.isFinite(max) ? String(max).length : Math.max(UNBOUNDED_DIGITS, String(min).length);
  const ways: string[] = [];
  for (let length = String(min).length; length <= digits; length++) {
    const first = String(min).length === length ? String(min) : `1${"0".repeat(length - 1)}`;
    const last = String(max).length === length && Number.isFinite(max) ? String(max) : "9".repeat(length);
    if (first <= last && min <= max) ways.push(sameLength(first, last));
  }
  return ways;
}

function sameLength(first: string, last: string): string {
  const rest = first.length - 1;
  const [low, high] = [first.charAt(0), last.charAt(0)];
  if (rest === 0) return low === high ? literal(low) : `[${low}-${high}]`;
  if (low === high) return `${literal(low)} ${sameLength(first.slice(1), last.slice(1))}`;
  const ways: string[] = [];
  let [lowest, highest] = [Number(low), Number(high)];
  if (/[^0]/.test(first.slice(1))) ways.push(`${literal(String(lowest++))} ${sameLength(first.slice(1), "9".repeat(rest))}`);
  if (/[^9]/.test(last.slice(1))) ways.push(`${literal(String(highest--))} ${sameLength("0".repeat(rest), last.slice(1))}`);
  if (lowest <= highest) ways.push(`[${lowest}-${highest}] [0-9]{${rest}}`);
  return oneOf(ways);
}
