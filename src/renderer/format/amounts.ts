const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** 5131409696 → "5.1 GB"; decimal units, as sticks and disks are sold. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < BYTE_UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  const digits = unit >= 3 && amount < 100 ? 1 : 0;
  return `${amount.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** 7241732096 → "7.2 B", 134515008 → "135 M". */
export function formatParameters(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toFixed(1)} B`;
  return `${Math.round(count / 1e6)} M`;
}

/** 32768 → "32,768". */
export const formatCount = (count: number): string => count.toLocaleString("en");
