import type { StepState } from "../../contract/session.ts";

/**
 * Steps grouped by how many others must come before them: what stands in one group has no need of
 * each other and may run side by side. Groups and their steps keep the plan's order.
 */
export function stages(steps: readonly StepState[]): StepState[][] {
  const depths = new Map<string, number>();
  const groups: StepState[][] = [];
  for (const step of steps) {
    const depth = Math.max(-1, ...step.needs.map((id) => depths.get(id) ?? -1)) + 1;
    depths.set(step.id, depth);
    (groups[depth] ??= []).push(step);
  }
  return groups;
}
