import { X } from "lucide-react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useNow } from "../parts/use-now.ts";
import { cancelSession, useSession } from "../stores/session.ts";
import { en } from "../strings/en.ts";
import { overallShare } from "./overall-share.ts";
import { Plan } from "./Plan.tsx";

export function Starting({ session }: { session: SessionSnapshot }) {
  const cancelling = useSession(({ pending }) => pending === "cancel");
  const now = useNow();
  const overall = overallShare(session.steps);
  const done = session.steps.filter(({ status }) => status === "done" || status === "skipped").length;
  return (
    <>
      <div className="overall">
        <div className="overall-figures">
          <strong className="overall-percent">{Math.floor(overall * 100)} %</strong>
          <span className="soft">
            {en.session.stepsDone(done, session.steps.length)}
            {session.startedAt !== null && ` · ${en.session.soFar(formatDuration(Math.floor(secondsBetween(session.startedAt, null, now))))}`}
          </span>
          <Button onClick={cancelSession} blocked={cancelling}>
            <X size={18} aria-hidden />
            {cancelling ? en.session.cancelling : en.session.cancel}
          </Button>
        </div>
        <ProgressBar share={overall} label={en.session.overall} />
      </div>
      <Plan steps={session.steps} />
    </>
  );
}
