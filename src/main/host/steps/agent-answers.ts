import { MentorError } from "../../../contract/errors.ts";
import { hostLabel } from "../../../core/session/state.ts";
import type { StepContext } from "../../../core/session/step.ts";
import "./facts.ts";

/** Milliseconds within which a living host does the least of things, however slow the line. */
const ANSWER_MS = 15_000;

/**
 * Before something is undone on the host: true when its agent is there to do it; false when the
 * host is there and its agent is not. Throws `host-lost` when the host itself does not answer, so
 * that nothing counts as undone that nobody could undo.
 */
export async function agentAnswers({ facts, signal, request }: StepContext): Promise<boolean> {
  const agent = facts.handle("agent");
  if (agent !== undefined && (await answers(signal, (soon) => agent.status(soon)))) return true;
  const host = facts.handle("host");
  if (host?.kind === "local") return false;
  if (host !== undefined && (await answers(signal, (soon) => host.exec(["true"], { signal: soon })))) return false;
  throw new MentorError("host-lost", `${facts.get("hostLabel") ?? hostLabel(request)} does not answer.`);
}

async function answers(signal: AbortSignal, call: (soon: AbortSignal) => Promise<unknown>): Promise<boolean> {
  try {
    await call(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
