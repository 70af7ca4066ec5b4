import { Check, Play } from "lucide-react";
import type { Receipt, SessionSnapshot } from "../../contract/session.ts";
import { formatBytes } from "../format/amounts.ts";
import { formatClock, formatDuration } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import { showView } from "../stores/view.ts";
import { en } from "../strings/en.ts";
import { Waterfall } from "./Waterfall.tsx";

export function Stopped({ session: { receipt, error, steps } }: { session: SessionSnapshot }) {
  return (
    <>
      {error !== null && <ErrorNotice report={error} look={error.code === "cancelled" ? "warn" : "bad"} />}
      {receipt !== null && <ReceiptSheet receipt={receipt} />}
      <Button look="chalk" size="big" onClick={() => showView("home")}>
        <Play size={22} aria-hidden fill="currentColor" />
        {en.session.startAgain}
      </Button>
      <Waterfall steps={steps} />
    </>
  );
}

function ReceiptSheet({ receipt }: { receipt: Receipt }) {
  const words = en.session.receiptRows;
  const rows = [
    [words.host, receipt.host],
    [words.started, formatClock(receipt.startedAt)],
    [words.stopped, formatClock(receipt.stoppedAt)],
    [words.minutes, formatDuration(receipt.minutes * 60)],
    [words.sent, receipt.bytesSent === 0 ? en.session.free : formatBytes(receipt.bytesSent)],
    [words.cost, receipt.costUsd === 0 ? en.session.free : `$${receipt.costUsd.toFixed(2)}`],
  ] as const;
  return (
    <section className="sheet receipt" aria-labelledby="receipt-title">
      <h2 id="receipt-title">{en.session.receipt}</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>{en.session.kept}</h3>
      <ul className="ticks">
        {receipt.kept.map((line) => <li key={line}><Check size={16} aria-hidden />{line}</li>)}
      </ul>
    </section>
  );
}
