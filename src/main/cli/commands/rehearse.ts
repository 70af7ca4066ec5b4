import { REHEARSAL_FAULTS, type RehearsalEvent, type RehearsalFault, type RehearsalResult } from "../../../contract/rehearsal.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { SessionSnapshot } from "../../../contract/session.ts";
import { dollars } from "../../../core/rent/money.ts";
import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { Output } from "../output.ts";
import { createProgressView } from "../progress-view.ts";
import { applySessionEvent } from "../session-state.ts";
import { createSessionView } from "../session-view.ts";

/** The whole flow on a pretended rented machine: free, on this computer. */
export async function rehearse({ fault }: { fault?: RehearsalFault }, { output, connect }: CommandContext): Promise<void> {
  await withCore(connect, async (client) => {
    output.line(output.colors.bold("A rehearsal: nothing is rented and nothing costs money."));
    if (fault !== undefined) output.line(REHEARSAL_FAULTS[fault]);
    const shown = rehearsalView(output);
    try {
      for await (const event of await client.rehearsal.run({ fault }, { signal: output.terminal.interrupt })) {
        output.event(event);
        shown.update(event);
        if (event.type === "done") {
          shown.finish();
          describeResult(event.result, output);
          output.result("rehearse", { rehearsed: event.result });
          return;
        }
      }
    } finally {
      shown.finish();
    }
    throw new MentorError("cancelled", "The rehearsal was cancelled.", { kept: "Nothing was rented." });
  });
}

function rehearsalView(output: Output) {
  let stick: ReturnType<typeof createProgressView> | null = createProgressView(output, "Make the practice stick");
  let steps: ReturnType<typeof createSessionView> | null = null;
  let session: SessionSnapshot | null = null;
  let answered = false;
  const finish = () => {
    stick?.finish();
    steps?.finish();
    stick = steps = null;
  };
  return {
    finish,
    update(event: RehearsalEvent) {
      if (event.type === "progress") return stick?.update(event.progress);
      if (event.type === "session") {
        // The steps have been shown; the end shows in what is left.
        if (answered || (event.event.type !== "snapshot" && session === null)) return;
        session = applySessionEvent(session!, event.event);
        steps ??= createSessionView(output);
        return steps.update(session);
      }
      finish();
      if (event.type === "quote" && event.quote.first !== null) output.line(`Would rent: ${event.quote.first.name} for ${dollars(event.quote.first.microUsdPerHour)} an hour.\n`);
      if (event.type === "said") output.line(event.text);
      if (event.type !== "answer") return;
      answered = true;
      output.line(`\n${output.colors.bold(event.answer.question)}\n${event.answer.answer}\n`);
    },
  };
}

function describeResult({ receipt, billedMicroUsd, rented, left, stoppedItself }: RehearsalResult, output: Output): void {
  output.line();
  if (stoppedItself) output.line("The machine has stopped itself in time.");
  output.line(`Machines rented: ${rented}; left at the end: ${left}.`);
  output.line(`Receipt: ${receipt.minutes} min, ${dollars(receipt.rent?.microUsd ?? 0)}; billed by the pretended Runpod: ${dollars(billedMicroUsd)}.`);
  output.line("It cost nothing.");
}
