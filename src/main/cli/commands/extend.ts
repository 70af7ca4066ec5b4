import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import { UsageError } from "../failure.ts";
import { secondsOrNever } from "../rent-options.ts";
import { describeRent } from "../rent-view.ts";

export interface ExtendOptions {
  by?: number;
  idleStop?: number | "never";
  budget?: number;
}

/** Moves the time at which the rented machine stops by itself. */
export async function extend({ by, idleStop, budget }: ExtendOptions, { output, connect }: CommandContext): Promise<void> {
  if (by === undefined && idleStop === undefined && budget === undefined) throw new UsageError("Say what to extend: --by 1h, --idle-stop 40m or --budget 5.");
  const session = await withCore(connect, (client) => client.session.extend({ seconds: by, idleStopSeconds: secondsOrNever(idleStop), budgetMicroUsd: budget }));
  if (session.rent !== null) describeRent(session.rent, output);
  output.result("extend", { session });
}
