/** Milliseconds. */
const FIRST = 500;
const MOST = 20_000;

/** How long to wait before trying again, the `attempt`-th time (from 0): full jitter, so that many who failed together do not come back together. */
export const backoff = (attempt: number, random: () => number): number => random() * Math.min(MOST, FIRST * 2 ** attempt);

/** What `Retry-After` asks for, in milliseconds: seconds, or a date. null where it says nothing that can be read. */
export function retryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const value = header.trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
