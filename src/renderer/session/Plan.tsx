import type { StepState } from "../../contract/session.ts";
import { en } from "../strings/en.ts";
import { stages } from "./stages.ts";
import { Step } from "./Step.tsx";

/** The living plan: one line of stations, which forks where steps run side by side. */
export function Plan({ steps, label = en.session.planTitle }: { steps: readonly StepState[]; label?: string }) {
  return (
    <ol className="plan" aria-label={label}>
      {stages(steps).map((group) => (
        <li key={group[0]?.id} className={group.length > 1 ? "stage forked" : "stage"}>
          {group.length > 1 ? (
            <ul aria-label={en.session.sideBySide}>
              {group.map((step) => <li key={step.id}><Step step={step} /></li>)}
            </ul>
          ) : (
            group.map((step) => <Step key={step.id} step={step} />)
          )}
        </li>
      ))}
    </ol>
  );
}
