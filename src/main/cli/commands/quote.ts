import type { Quote, QuoteCandidate } from "../../../contract/rent.ts";
import { dollars } from "../../../core/rent/money.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { Output } from "../output.ts";
import { rentChoice } from "../rent-options.ts";
import { formatBytes, formatSeconds } from "../units.ts";
import { requestOf, type StartOptions } from "./start.ts";

/** Shown of the offers that will not do. */
const LEFT_OUT_SHOWN = 8;

/** What a start would rent and cost; nothing is rented. */
export async function quote(options: StartOptions, { output, connect }: CommandContext): Promise<void> {
  const host = rentChoice(options);
  const found = await withCore(connect, async (client) => client.session.quote(await requestOf(client, options, host, output.terminal.cwd)));
  describeQuote(found, output);
  output.result("quote", { quote: found });
}

function describeQuote({ model, neededBytes, parallel, candidates, first, disk, untilReady, problem }: Quote, output: Output): void {
  if (model !== null) output.line(`${model.name} (${formatBytes(model.bytes)}) needs at least ${formatBytes(neededBytes)} of graphics memory for ${parallel} students at once.`);
  if (first !== null) {
    output.line(`It would run on a ${first.name} (${first.memoryGiB} GB, ${first.cloud} cloud) for ${dollars(first.microUsdPerHour)} an hour${first.contextTokens ? `, with ${first.contextTokens.toLocaleString("en")} tokens for each student` : ""}.`);
    output.line(untilReady === null ? "How long it takes until ready is known after the first session on a rented machine." : `Ready after about ${formatSeconds(untilReady.seconds)} and ${dollars(untilReady.microUsd)}, as ${untilReady.sessions === 1 ? "the session" : `${untilReady.sessions} sessions`} before.`);
  }
  output.line(`The disk (${disk.gigabytes} GB) costs ${dollars(disk.microUsdPerDay)} a day while ${disk.kind === "own" ? "the machine is stopped" : "it is kept"}.`);
  output.line();
  const tried = candidates.filter(({ leftOut }) => leftOut === null);
  for (const candidate of tried) output.line(row(candidate));
  for (const candidate of candidates.filter(({ leftOut }) => leftOut !== null).slice(0, LEFT_OUT_SHOWN)) output.line(output.colors.dim(row(candidate)));
  if (problem !== null) output.line(`${problem.message}${problem.advice === undefined ? "" : ` ${problem.advice}`}`);
}

function row({ name, cloud, memoryGiB, microUsdPerHour, stock, leftOut }: QuoteCandidate): string {
  return `  ${name.padEnd(22)} ${cloud.padEnd(10)} ${`${memoryGiB} GB`.padStart(6)} ${`${dollars(microUsdPerHour)}/h`.padStart(9)}  ${leftOut ?? `stock ${stock}`}`;
}
