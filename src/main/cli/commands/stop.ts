import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import type { DiskEnd } from "../../../contract/rent.ts";
import { describeReceipt } from "./receipt.ts";
import { letGo, stopSession } from "../run-session.ts";

export interface StopOptions {
  forget?: boolean;
  disk?: DiskEnd;
  evenUnsaved?: boolean;
  withoutBackup?: boolean;
}

/** With `forget`, a host that cannot be reached any more is let go of; what runs there is left to its safety timer. */
export async function stop({ forget = false, disk, evenUnsaved, withoutBackup }: StopOptions, { output, connect }: CommandContext): Promise<void> {
  const session = await withCore(connect, (client) => (forget ? letGo(client, output) : stopSession(client, output, { disk, evenUnsaved, withoutBackup })));
  if (session.phase === "stopped" && session.receipt === null) output.line(`The session was let go of without being undone${session.host === null ? "" : ` on ${session.host.label}`}. What still runs there ends by its safety timer.`);
  else output.line("The session has stopped.");
  if (session.receipt?.rent != null) describeReceipt(session.receipt, output);
  else for (const kept of session.receipt?.kept ?? []) output.line(`  Kept: ${kept}`);
  output.result("stop", { stopped: true, session });
}
