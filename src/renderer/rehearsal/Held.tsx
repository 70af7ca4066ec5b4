import { X } from "lucide-react";
import type { SessionPhase } from "../../contract/session.ts";
import { formatMoney } from "../format/amounts.ts";
import { formatTime } from "../format/durations.ts";
import { formatFigures, share } from "../format/progress.ts";
import { Button } from "../parts/Button.tsx";
import { Figures, type Figure } from "../parts/Figures.tsx";
import { FromCore } from "../parts/FromCore.tsx";
import { Notice } from "../parts/Notice.tsx";
import { ProgressBar } from "../parts/ProgressBar.tsx";
import { useNow } from "../parts/use-now.ts";
import { spentBy, usd } from "../rent/money.ts";
import { Overall } from "../session/Overall.tsx";
import { Plan } from "../session/Plan.tsx";
import { stepAnnouncement } from "../session/step-title.ts";
import { cancelRehearsal, useRehearsal } from "../stores/rehearsal.ts";
import { t } from "../strings/language.ts";
import { AnswerSheet } from "./AnswerSheet.tsx";

/** A rehearsal that goes on: what happens now, the plan, and the money as it would be. */
export function Held() {
  const { state, making, session, said, answer, fault } = useRehearsal();
  const words = t.rehearsal;
  const cancelling = state === "cancelling";
  const now = words.now[said !== null ? "wait" : answer !== null ? "stop" : session !== null ? BEFORE_ANSWER[session.phase] : making !== null ? "stick" : "price"];
  const starts = session?.phase === "starting";
  return (
    <>
      <div className="rehearsal-now">
        <h2>{cancelling ? t.session.cancelling : now}</h2>
        {fault !== null && <p className="soft">{t.faults[fault]}</p>}
        <output className="hidden-text">{`${now}. ${stepAnnouncement(session)}`}</output>
      </div>
      {session !== null && starts ? (
        <Overall session={session} cancel={words.cancel} cancelling={cancelling} onCancel={cancelRehearsal} />
      ) : (
        <div className="sheet stack rehearsal-wait">
          <ProgressBar share={making === null ? null : share(making)} label={now} />
          {making !== null && <p className="small soft"><FromCore>{making.detail}</FromCore> {formatFigures(making)}</p>}
          <Button blocked={cancelling} onClick={cancelRehearsal}><X size={18} aria-hidden />{cancelling ? t.session.cancelling : words.cancel}</Button>
        </div>
      )}
      {said !== null && <Notice look="calm"><FromCore>{said}</FromCore></Notice>}
      <Money />
      {answer !== null && <AnswerSheet answer={answer} />}
      {session !== null && <Plan steps={session.steps} />}
    </>
  );
}

const BEFORE_ANSWER: Record<SessionPhase, "start" | "ask" | "stop"> = { idle: "start", starting: "start", "needs-help": "start", ready: "ask", stopping: "stop", stopped: "stop" };

/** As it would be; in truth it is nothing, and that is said beside it. */
function Money() {
  const rent = useRehearsal(({ session }) => session?.rent ?? null);
  const first = useRehearsal(({ quote }) => quote?.first ?? null);
  const now = useNow();
  const words = t.rehearsal;
  const card = rent?.gpu ?? first?.name;
  const price = rent?.microUsdPerHour || first?.microUsdPerHour;
  if (card === undefined || price === undefined) return null;
  const figures: Figure[] = [
    [words.wouldRent, card, t.amounts.perHour(formatMoney(usd(price)))],
    [words.wouldCost, formatMoney(rent === null ? 0 : spentBy(rent, now)), words.inTruth],
  ];
  if (rent?.deadlineAt != null) figures.push([t.rent.deadline, formatTime(rent.deadlineAt)]);
  return <Figures figures={figures} />;
}
