import { memo } from "react";
import type { StepState } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { formatFigures, share } from "../format/progress.ts";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useNow } from "../parts/use-now.ts";
import { t } from "../strings/language.ts";
import { FromCore } from "../parts/FromCore.tsx";
import { StepIcon } from "./StepIcon.tsx";
import { stepTitle } from "./step-title.ts";

export const Step = memo(function Step({ step }: { step: StepState }) {
  const { status, outcome, startedAt, endedAt } = step;
  return (
    <div className={`step ${status}`}>
      <StepIcon status={status} />
      <div className="step-words">
        <div className="step-line">
          <span className="step-title">{stepTitle(step)}</span>
          <span className="hidden-text">({t.session.statuses[status]})</span>
          {outcome !== null && status !== "running" && <span className="step-outcome" lang="en">{outcome}</span>}
          {(status === "skipped" || status === "failed") && outcome === null && <span className="step-outcome">{t.session.statuses[status]}</span>}
          {startedAt !== null && endedAt !== null && status === "done" && <span className="step-time">{formatDuration(secondsBetween(startedAt, endedAt, 0))}</span>}
          {startedAt !== null && status === "running" && <Elapsed since={startedAt} />}
        </div>
        {status === "running" && <Running step={step} />}
      </div>
    </div>
  );
});

function Running({ step }: { step: StepState }) {
  const { progress } = step;
  const title = stepTitle(step);
  if (progress === null) return <ProgressBar share={null} label={title} />;
  return (
    <>
      <ProgressBar share={share(progress)} label={title} />
      <p className="step-detail">
        <FromCore>{progress.detail}</FromCore>
        <span className="step-figures">{formatFigures(progress)}</span>
      </p>
    </>
  );
}

function Elapsed({ since }: { since: string }) {
  return <span className="step-time">{formatDuration(Math.floor(secondsBetween(since, null, useNow())))}</span>;
}
