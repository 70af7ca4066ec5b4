import { CircleCheck, Drama, Play } from "lucide-react";
import type { RehearsalResult } from "../../contract/rehearsal.ts";
import { formatMoney } from "../format/amounts.ts";
import { formatDuration } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { Figures, type Figure } from "../parts/Figures.tsx";
import { ErrorNotice, Notice } from "../parts/Notice.tsx";
import { usd } from "../rent/money.ts";
import { Plan } from "../session/Plan.tsx";
import { ReceiptSheet } from "../session/ReceiptSheet.tsx";
import { leaveRehearsal, useRehearsal } from "../stores/rehearsal.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { AnswerSheet } from "./AnswerSheet.tsx";

/** What came of a rehearsal: it went well, it was cancelled, or it failed. In every case nothing of it is left. */
export function Over() {
  const { state, result, answer, session, problem } = useRehearsal();
  const words = t.rehearsal;
  return (
    <>
      {result !== null ? <WentWell result={result} /> : problem !== null ? <ErrorNotice report={problem}><span>{words.cleared}</span></ErrorNotice> : state === "cancelled" && <Notice look="calm"><output>{words.cancelled} {words.cleared}</output></Notice>}
      <div className="row">
        <Button
          look="chalk"
          size="big"
          onClick={() => {
            leaveRehearsal();
            showView("home");
          }}
        >
          <Play size={22} aria-hidden fill="currentColor" />
          {words.toSession}
        </Button>
        <Button size="big" onClick={leaveRehearsal}><Drama size={20} aria-hidden />{words.again}</Button>
      </div>
      {answer !== null && <AnswerSheet answer={answer} />}
      {result !== null && <ReceiptSheet receipt={result.receipt} pretended />}
      {session !== null && (
        <details>
          <summary>{t.session.planTitle}</summary>
          <Plan steps={session.steps} />
        </details>
      )}
    </>
  );
}

function WentWell({ result: { fault, receipt, billedMicroUsd, rented, left, stoppedItself } }: { result: RehearsalResult }) {
  const words = t.rehearsal;
  const figures: Figure[] = [
    [words.wouldHaveCost, formatMoney(usd(billedMicroUsd)), words.inTruth],
    [t.session.receiptRows.minutes, formatDuration(receipt.minutes * 60)],
    [words.machines, words.rented(rented), left === 0 ? words.noneLeft : words.left(left)],
  ];
  return (
    <>
      <section className="sheet stack rehearsal-verdict">
        <h2><CircleCheck size={24} aria-hidden />{words.wentWell}</h2>
        <output>{words.cost} {left === 0 ? words.cleared : ""} {stoppedItself ? words.stoppedItself : ""}</output>
        {fault !== null && <p className="soft">{words.despite(t.faults[fault])}</p>}
      </section>
      <Figures figures={figures} />
    </>
  );
}
