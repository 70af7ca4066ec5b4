import type { CoreClient } from "./core.ts";
import { MentorError, fromErrorReport, type ErrorReport } from "../../contract/errors.ts";
import type { DiskEnd } from "../../contract/rent.ts";
import type { SessionSnapshot, StartRequest } from "../../contract/session.ts";
import { fromWire, reportOf } from "./failure.ts";
import type { Output } from "./output.ts";
import { applySessionEvent } from "./session-state.ts";
import { createSessionView } from "./session-view.ts";
import { askSecret } from "./terminal.ts";

/**
 * Starts a session and watches it until it is ready. When it needs help that this terminal cannot
 * give, or at Ctrl-C, it is cancelled and undone first; then this rejects with what went wrong, so
 * that a failed command leaves nothing half-started behind.
 */
export async function runToReady(client: CoreClient, request: StartRequest, output: Output): Promise<SessionSnapshot> {
  const { interrupt } = output.terminal;
  interrupt.throwIfAborted();
  let session = await startAnswering(client, request, output);
  const { id } = session;
  let failure: ErrorReport | null = null;

  const cancel = () => void client.session.cancel().catch(() => undefined);
  const onInterrupt = () => {
    failure ??= { code: "cancelled", message: "You stopped the start." };
    cancel();
  };
  if (interrupt.aborted) onInterrupt();
  interrupt.addEventListener("abort", onInterrupt, { once: true });
  const view = createSessionView(output);
  try {
    let asked = false;
    for await (const event of await client.session.watch({})) {
      output.event(event);
      session = applySessionEvent(session, event);
      view.update(session);
      if (session.id !== id && session.id !== null) break;
      if (session.phase === "ready" && failure === null) return session;
      if (session.phase === "idle" || session.phase === "stopped") break;
      if (session.phase !== "needs-help") asked = false;
      else if (!asked && failure === null) {
        asked = true;
        const secret = await passphraseFor(session.error, request, output);
        if (secret !== null) await client.session.retry({ passphrase: secret });
        else {
          failure = interrupt.aborted ? { code: "cancelled", message: "You stopped the start." } : needsHelpError(session);
          cancel();
        }
      }
    }
  } catch (thrown) {
    throw failure === null ? fromWire(thrown) : fromErrorReport(failure);
  } finally {
    view.finish();
    interrupt.removeEventListener("abort", onInterrupt);
  }
  throw fromErrorReport(failure ?? session.error ?? { code: "cancelled", message: "The start was cancelled from another window." });
}

/** A key's passphrase may be asked for before anything starts. */
async function startAnswering(client: CoreClient, request: StartRequest, output: Output): Promise<SessionSnapshot> {
  try {
    return await client.session.start(request);
  } catch (thrown) {
    const passphrase = await passphraseFor(reportOf(thrown), request, output);
    if (passphrase === null || request.host.kind !== "ssh") throw fromWire(thrown);
    return startAnswering(client, { ...request, host: { ...request.host, passphrase } }, output);
  }
}

async function passphraseFor(error: ErrorReport | null, { host }: StartRequest, output: Output): Promise<string | null> {
  return host.kind === "ssh" ? askPassphrase(error, host.identity, output) : null;
}

/** Asks for the passphrase of a key where the error calls for it and somebody sits at a terminal. */
export async function askPassphrase(error: ErrorReport | null, identity: string, output: Output): Promise<string | null> {
  if (output.json || (error?.code !== "key-encrypted" && error?.code !== "key-passphrase-wrong")) return null;
  const prefix = error.code === "key-passphrase-wrong" ? "That did not open it. " : "";
  return askSecret(output.terminal, `${prefix}Passphrase for ${identity} (not shown, not stored): `);
}

function needsHelpError(session: SessionSnapshot): ErrorReport {
  const failed = session.steps.find((step) => step.status === "failed")?.error;
  return session.error ?? failed ?? { code: "internal", message: "The session stopped without a reason." };
}

/** Ends the session and waits until it has ended. */
export async function stopSession(client: CoreClient, output: Output, wish: { disk?: DiskEnd; evenUnsaved?: boolean; withoutBackup?: boolean } = {}): Promise<SessionSnapshot> {
  let session = await client.session.stop(Object.values(wish).every((part) => part === undefined) ? undefined : wish);
  if (isOver(session)) return session;
  for await (const event of await client.session.watch({})) {
    output.event(event);
    session = applySessionEvent(session, event);
    if (isOver(session)) return session;
    if (session.phase === "needs-help") throw fromErrorReport(session.error ?? { code: "stop-incomplete", message: "The session could not be stopped." });
  }
  throw new MentorError("stop-incomplete", "The app's background process ended before the session had stopped.");
}

/** Ends the session as far as that is possible, and forgets the rest: for a host that is gone for good. */
export async function letGo(client: CoreClient, output: Output): Promise<SessionSnapshot> {
  const before = await client.session.current();
  // Somebody has tried already: trying again would only wait for the same host once more.
  if (before.phase === "needs-help" && before.error?.code === "stop-incomplete") return client.session.forget();
  try {
    return await stopSession(client, output);
  } catch (thrown) {
    const { phase } = await client.session.current();
    if (phase !== "needs-help") throw thrown;
    return client.session.forget();
  }
}

const isOver = ({ phase }: SessionSnapshot): boolean => phase === "stopped" || phase === "idle";
