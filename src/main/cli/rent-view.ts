import type { RentSnapshot } from "../../contract/rent.ts";
import { costOf, dollars } from "../../core/rent/money.ts";
import type { Output } from "./output.ts";
import { formatSeconds } from "./units.ts";

const GUARD = { none: "not set yet", armed: "the machine has shown that it can stop itself", unproven: "the machine could not show that it can stop itself", accepted: "the machine may not be able to stop itself; this computer does" } as const;

/** A rented machine and its money, now. */
export function describeRent(rent: RentSnapshot, output: Output, now: number = Date.now()): void {
  const line = (name: string, value: string) => output.line(`  ${name.padEnd(7)} ${value}`);
  line("Rented:", `${rent.gpu ?? "no machine yet"}${rent.podId === null ? "" : ` (${rent.podId}, ${rent.state})`}`);
  const since = rent.running ? Math.max(0, (now - Date.parse(rent.spentAt)) / 1000) : 0;
  const spent = rent.spentMicroUsd + costOf(rent.microUsdPerHour, since);
  line("Cost:", `${dollars(spent)} so far, ${dollars(rent.microUsdPerHour)} an hour${rent.budget === null ? "" : `, budget ${dollars(rent.budget.microUsd)}`}`);
  if (rent.deadlineAt !== null) line("Stops:", `at ${rent.deadlineAt.slice(11, 16)} UTC${rent.deadlineByBudget ? ", when the budget ends" : ""}${rent.idleStopSeconds === null ? "" : `, or when nobody has used it for ${formatSeconds(rent.idleStopSeconds)}`}`);
  line("Guard:", `${GUARD[rent.guard.state]}${rent.guard.reason === null ? "" : ` (${rent.guard.reason})`}`);
}
