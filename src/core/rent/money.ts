import type { MicroUsd } from "../../contract/rent.ts";

const HOUR = 3_600;

/** What some seconds cost at a price per hour, rounded once. */
export const costOf = (microUsdPerHour: MicroUsd, seconds: number): MicroUsd => Math.round((microUsdPerHour * seconds) / HOUR);

/** How many whole seconds an amount lasts. */
export const secondsFor = (microUsd: MicroUsd, microUsdPerHour: MicroUsd): number => (microUsdPerHour > 0 ? Math.floor((microUsd * HOUR) / microUsdPerHour) : Number.POSITIVE_INFINITY);

/** "$0.34" for a price, "$0.0312" for little. */
export function dollars(microUsd: MicroUsd): string {
  const usd = microUsd / 1e6;
  return `$${usd.toFixed(usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2)}`;
}
