import { MentorError } from "../../../contract/errors.ts";
import { hostLabel } from "../../../core/session/state.ts";
import type { StepContext } from "../../../core/session/step.ts";
import "./facts.ts";

/** Milliseconds within which a living host does the least of things, however slow the line. */
const ANSWER_MS = 15_000;

/** A rented machine that does not run runs nothing of ours: all on it has ended, and nobody need be asked. */
export async function machineIsOff({ facts, signal }: StepContext): Promise<boolean> {
  const podId = facts.get("rent")?.podId ?? null;
  const provider = facts.handle("provider");
  if (podId === null || provider === undefined) return false;
  const pod = await provider.describe(podId, signal).catch(() => undefined);
  return pod !== undefined && (pod === null || pod.state === "stopped" || pod.state === "gone" || pod.state === "failed");
}

/**
 * Before something is undone on the host: true when its agent is there to do it; false when the
 * host is there and its agent is not, or when the whole rented machine has stopped. Throws `host-lost` when the host itself does not answer, so
 * that nothing counts as undone that nobody could undo.
 */
export async function agentAnswers(context: StepContext): Promise<boolean> {
  const { facts, signal, request } = context;
  const agent = facts.handle("agent");
  if (agent !== undefined && (await answers(signal, (soon) => agent.status(soon)))) return true;
  const host = facts.handle("host");
  if (host?.kind === "local") return false;
  if (host !== undefined && (await answers(signal, (soon) => host.exec(["true"], { signal: soon })))) return false;
  if (await machineIsOff(context)) return false;
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
