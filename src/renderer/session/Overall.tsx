import { X } from "lucide-react";
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
  /** How long the whole is going to take, and what that is known from. */
  expected?: { total: string; basis: string };
}

/** How far a start is as a whole, and the way out of it; stays in sight while its steps are read. */
export function Overall({ session: { steps, startedAt }, expected, cancel, cancelling, onCancel }: OverallProps) {
  const now = useNow();
  const overall = overallShare(steps);
  const done = steps.filter(({ status }) => status === "done" || status === "skipped").length;
  return (
    <div className="overall">
      <div className="overall-figures">
        <strong className="overall-percent">{Math.floor(overall * 100)} %</strong>
        <p className="overall-words">
          {expected !== undefined && (
            <>
              <strong>{expected.total}</strong>
              {" · "}
            </>
          )}
          {startedAt !== null && t.session.soFar(formatDuration(Math.floor(secondsBetween(startedAt, null, now))))}
          <span className="soft small block">
            {t.session.stepsDone(done, steps.length)}
            {expected !== undefined && ` · ${expected.basis}`}
          </span>
        </p>
        <Button onClick={onCancel} blocked={cancelling}>
          <X size={18} aria-hidden />
          {cancelling ? t.session.cancelling : cancel}
        </Button>
      </div>
      <ProgressBar share={overall} label={t.session.overall} />
    </div>
  );
}
