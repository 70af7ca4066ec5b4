import type { RentSnapshot } from "../../contract/rent.ts";
import type { Receipt } from "../../contract/session.ts";
import { formatMoney } from "../format/amounts.ts";
import { t } from "../strings/language.ts";

/** The contract counts in millionths of a dollar, people in dollars. */
export const usd = (amount: number): number => amount / 1e6;

/** What a person typed; undefined for nothing or for what is no amount. */
export function microUsd(typed: string): number | undefined {
  const value = Number.parseFloat(typed);
  return Number.isFinite(value) && value > 0 ? Math.round(value * 1e6) : undefined;
}

/** Spent by now: what was metered, and since then the price by the time. Dollars. */
export function spentBy({ spentMicroUsd, spentAt, microUsdPerHour, running }: RentSnapshot, now: number): number {
  const since = running ? Math.max(0, (now - Date.parse(spentAt)) / 1000) : 0;
  return usd(spentMicroUsd + (microUsdPerHour / 3600) * since);
}

/** What the app has rented; what a host of one's own costs it does not know. */
export const receiptCost = ({ costUsd, rent }: Receipt): string => (rent == null ? t.session.notRented : costUsd === 0 ? t.session.free : formatMoney(costUsd));
