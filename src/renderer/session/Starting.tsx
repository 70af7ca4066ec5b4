import { X } from "lucide-react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useNow } from "../parts/use-now.ts";
import { cancelSession, useSession } from "../stores/session.ts";
import { t } from "../strings/language.ts";
import { RentCard } from "../rent/RentCard.tsx";
import { formatSpread } from "../format/spread.ts";
import { expectedTotal } from "./expected.ts";
import { overallShare } from "./overall-share.ts";
import { usePast } from "./use-past.ts";
import { Plan } from "./Plan.tsx";

export function Starting({ session }: { session: SessionSnapshot }) {
  const cancelling = useSession(({ pending }) => pending === "cancel");
  const now = useNow();
  const past = usePast();
  const overall = overallShare(session.steps);
  const done = session.steps.filter(({ status }) => status === "done" || status === "skipped").length;
  return (
    <>
      <div className="overall">
        <div className="overall-figures">
          <strong className="overall-percent">{Math.floor(overall * 100)} %</strong>
          <span className="soft">
            {t.session.stepsDone(done, session.steps.length)}
            {session.startedAt !== null && ` · ${t.session.soFar(formatDuration(Math.floor(secondsBetween(session.startedAt, null, now))))}`}
          </span>
          {session.startedAt !== null && (
            <span>
              <strong>{t.session.expected(formatSpread(expectedTotal(session.steps, session.startedAt, past, now)))}</strong>
              <span className="soft small block">{past.length > 0 ? t.session.expectedFrom(past.length) : t.session.expectedGuess}</span>
            </span>
          )}
          <Button onClick={cancelSession} blocked={cancelling}>
            <X size={18} aria-hidden />
            {cancelling ? t.session.cancelling : t.session.cancel}
          </Button>
        </div>
        <ProgressBar share={overall} label={t.session.overall} />
      </div>
      {session.rent !== null && <RentCard rent={session.rent} />}
      <Plan steps={session.steps} />
    </>
  );
}
