import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import { letGo, stopSession } from "../run-session.ts";

/** With `forget`, a host that cannot be reached any more is let go of; what runs there is left to its safety timer. */
export async function stop({ forget = false, withoutBackup }: { forget?: boolean; withoutBackup?: boolean }, { output, connect }: CommandContext): Promise<void> {
  const session = await withCore(connect, (client) => (forget ? letGo(client, output) : stopSession(client, output, withoutBackup)));
  if (session.phase === "stopped" && session.receipt === null) output.line(`The session was let go of without being undone${session.host === null ? "" : ` on ${session.host.label}`}. What still runs there ends by its safety timer.`);
  else output.line("The session has stopped.");
  for (const kept of session.receipt?.kept ?? []) output.line(`  Kept: ${kept}`);
  output.result("stop", { stopped: true, session });
}
