import type { StepState } from "../../contract/session.ts";
import { share } from "../format/progress.ts";

/** How much of the expected time of all steps lies behind, from 0 to 1. */
export function overallShare(steps: readonly StepState[]): number {
  const all = steps.reduce((sum, { weight }) => sum + weight, 0);
  const behind = steps.reduce((sum, step) => sum + step.weight * stepShare(step), 0);
  return all === 0 ? 0 : behind / all;
}

function stepShare({ status, progress }: StepState): number {
  if (status === "done" || status === "skipped") return 1;
  return progress === null ? 0 : (share(progress) ?? 0);
}
