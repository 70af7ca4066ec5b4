import type { StepState } from "../../contract/session.ts";
import { t } from "../strings/language.ts";
import { stages } from "./stages.ts";
import { Step } from "./Step.tsx";

/** The living plan: one line of stations, which forks where steps run side by side. */
export function Plan({ steps }: { steps: readonly StepState[] }) {
  return (
    <ol className="plan" aria-label={t.session.planTitle}>
      {stages(steps).map((group) => (
        <li key={group[0]?.id} className={group.length > 1 ? "stage forked" : "stage"}>
          {group.length > 1 ? <Fork steps={group} /> : group.map((step) => <Step key={step.id} step={step} />)}
        </li>
      ))}
    </ol>
  );
}

function Fork({ steps }: { steps: readonly StepState[] }) {
  return (
    <>
      <p className="fork-label">{t.session.sideBySide}</p>
      <ul>
        {steps.map((step) => <li key={step.id}><Step step={step} /></li>)}
      </ul>
    </>
  );
}
