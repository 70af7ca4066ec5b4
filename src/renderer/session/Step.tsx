import { memo } from "react";
import type { StepState } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { formatFigures, share } from "../format/progress.ts";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useNow } from "../parts/use-now.ts";
import { en } from "../strings/en.ts";
import { StepIcon } from "./StepIcon.tsx";

export const Step = memo(function Step({ step }: { step: StepState }) {
  const { status, title, outcome, startedAt, endedAt } = step;
  return (
    <div className={`step ${status}`}>
      <StepIcon status={status} />
      <div className="step-words">
        <div className="step-line">
          <span className="step-title">{title}</span>
          <span className="hidden-text">({en.session.statuses[status]})</span>
          {outcome !== null && status !== "running" && <span className="step-outcome">{outcome}</span>}
          {(status === "skipped" || status === "failed") && outcome === null && <span className="step-outcome">{en.session.statuses[status]}</span>}
          {startedAt !== null && endedAt !== null && status === "done" && <span className="step-time">{formatDuration(secondsBetween(startedAt, endedAt, 0))}</span>}
          {startedAt !== null && status === "running" && <Elapsed since={startedAt} />}
        </div>
        {status === "running" && <Running step={step} />}
      </div>
    </div>
  );
});

function Running({ step: { progress, title } }: { step: StepState }) {
  if (progress === null) return <ProgressBar share={null} label={title} />;
  return (
    <>
      <ProgressBar share={share(progress)} label={title} />
      <p className="step-detail">
        <span>{progress.detail}</span>
        <span className="step-figures">{formatFigures(progress)}</span>
      </p>
    </>
  );
}

function Elapsed({ since }: { since: string }) {
  return <span className="step-time">{formatDuration(Math.floor(secondsBetween(since, null, useNow())))}</span>;
}
