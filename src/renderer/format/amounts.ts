import { t } from "../strings/language.ts";

/** Between a number and its unit, which stay on one line. */
export const NO_BREAK = "\u00a0";

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

const fixed = (amount: number, digits: number): string => amount.toLocaleString(t.locale, { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false });

/** 5131409696 → "5.1 GB"; decimal units, as sticks and disks are sold. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${fixed(amount, (unit === 2 && amount < 9.95) || (unit >= 3 && amount < 100) ? 1 : 0)}${NO_BREAK}${BYTE_UNITS[unit]}`;
}

/** 7241732096 → "7.2 billion", 134515008 → "135 million". */
export function formatParameters(count: number): string {
  return count >= 1e9 ? t.amounts.billion(fixed(count / 1e9, 1)) : t.amounts.million(fixed(count / 1e6, 0));
}

/** 32768 → "32,768". */
export const formatCount = (count: number): string => count.toLocaleString(t.locale);

/** 0.284 → "$0.28"; what is smaller than a cent is not hidden. */
export function formatMoney(usd: number): string {
  const digits = usd > 0 && usd < 0.01 ? 3 : 2;
  return usd.toLocaleString(t.locale, { style: "currency", currency: "USD", currencyDisplay: "narrowSymbol", minimumFractionDigits: digits, maximumFractionDigits: digits });
}
