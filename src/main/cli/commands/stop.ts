import type { CommandContext } from "../command.ts";
import { withCore } from "../core.ts";
import { stopSession } from "../run-session.ts";

export async function stop({ output, connect }: CommandContext): Promise<void> {
  const session = await withCore(connect, (client) => stopSession(client, output));
  output.line("The session has stopped.");
  for (const kept of session.receipt?.kept ?? []) output.line(`  Kept: ${kept}`);
  output.result("stop", { stopped: true, session });
}
