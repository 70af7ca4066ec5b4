import type { HostedCore } from "../../src/main/host/hosting.ts";

/** Ends whatever a failed test left running, then the core: services of a session outlive it otherwise. */
export async function endSession(hosted: HostedCore): Promise<void> {
  const { session } = hosted.core;
  if (session.busy()) {
    await session.stop().catch(() => undefined);
    const settled = new AbortController();
    for await (const event of session.watch(undefined, settled.signal)) {
      if (event.type !== "step" && ["stopped", "idle", "needs-help"].includes(session.snapshot().phase)) settled.abort();
    }
  }
  await hosted.close();
}
