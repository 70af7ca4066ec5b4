import type { Receipt } from "../../../contract/session.ts";
import { dollars } from "../../../core/rent/money.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { Output } from "../output.ts";
import { formatBytes, formatSeconds } from "../units.ts";

/** The last session's receipt; with `all`, every one that is kept. */
export async function receipt({ all = false }: { all?: boolean }, { output, connect }: CommandContext): Promise<void> {
  const kept = await withCore(connect, (client) => client.receipts.list());
  const receipts = all ? kept : kept.slice(0, 1);
  if (receipts.length === 0) output.line("No session has ended yet.");
  receipts.forEach((one, index) => {
    if (index > 0) output.line();
    describeReceipt(one, output);
  });
  output.result("receipt", { receipts });
}

const ENDED = { stopped: "stopped", deleted: "deleted", "by-itself": "had stopped by itself" } as const;

/** What it was, what it cost, and what is kept at what price. */
export function describeReceipt({ host, startedAt, minutes, bytesSent, kept, rent }: Receipt, output: Output): void {
  const line = (name: string, value: string) => output.line(`  ${name.padEnd(9)} ${value}`);
  output.line(`Session of ${startedAt.slice(0, 16).replace("T", " ")} UTC on ${host}`);
  line("Duration", formatSeconds(minutes * 60));
  line("Sent", formatBytes(bytesSent));
  if (rent === null) line("Cost", "nothing through this app");
  else {
    line("Machine", `${rent.gpu ?? "unknown card"} (${rent.podId}) for ${dollars(rent.microUsdPerHour)} an hour, ${formatSeconds(rent.runningSeconds)}`);
    line("Cost", `${dollars(rent.microUsd)} ${rent.source === "bill" ? "by Runpod's bill" : "by the clock; Runpod's bill was not there yet"}`);
    line("Ended", `${ENDED[rent.ended]}, seen in Runpod's list at ${rent.confirmedAt.slice(11, 19)} UTC`);
  }
  for (const what of kept) line("Kept", what);
}
