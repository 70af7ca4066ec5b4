import { X } from "lucide-react";
import type { ReactNode } from "react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useNow } from "../parts/use-now.ts";
import { t } from "../strings/language.ts";
import { overallShare } from "./overall-share.ts";

interface OverallProps {
  session: SessionSnapshot;
  cancel: string;
  cancelling: boolean;
  onCancel(): void;
  /** What is expected of the whole. */
  children?: ReactNode;
}

/** How far a start is as a whole, and the way out of it; stays in sight while its steps are read. */
export function Overall({ session: { steps, startedAt }, cancel, cancelling, onCancel, children }: OverallProps) {
  const now = useNow();
  const overall = overallShare(steps);
  const done = steps.filter(({ status }) => status === "done" || status === "skipped").length;
  return (
    <div className="overall">
      <div className="overall-figures">
        <strong className="overall-percent">{Math.floor(overall * 100)} %</strong>
        <span className="soft">
          {t.session.stepsDone(done, steps.length)}
          {startedAt !== null && ` · ${t.session.soFar(formatDuration(Math.floor(secondsBetween(startedAt, null, now))))}`}
        </span>
        {children}
        <Button onClick={onCancel} blocked={cancelling}>
          <X size={18} aria-hidden />
          {cancelling ? t.session.cancelling : cancel}
        </Button>
      </div>
      <ProgressBar share={overall} label={t.session.overall} />
    </div>
  );
}
