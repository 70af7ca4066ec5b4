import { Check, Download } from "lucide-react";
import type { Receipt } from "../../contract/session.ts";
import { formatBytes, formatMoney } from "../format/amounts.ts";
import { formatDuration, formatMoment, formatTime } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { FromCore } from "../parts/FromCore.tsx";
import { saveText } from "../parts/save-text.ts";
import { receiptCost, usd } from "../rent/money.ts";
import { t } from "../strings/language.ts";

/** What a session took, and that nothing of it goes on costing money. A pretended one is not kept. */
export function ReceiptSheet({ receipt, pretended = false }: { receipt: Receipt; pretended?: boolean }) {
  const rows = rowsOf(receipt);
  const title = `receipt-${receipt.sessionId}`;
  return (
    <section className="sheet receipt" aria-labelledby={title}>
      <h2 id={title}>{pretended ? t.rehearsal.receipt : t.session.receipt}</h2>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {receipt.kept.length > 0 && (
        <>
          <h3>{t.session.kept}</h3>
          <ul className="ticks">
            {receipt.kept.map((line) => <li key={line}><Check size={16} aria-hidden /><FromCore>{line}</FromCore></li>)}
          </ul>
        </>
      )}
      {!pretended && (
        <Button look="quiet" size="compact" onClick={() => saveText(`ai-mentor-${t.session.receipt.toLowerCase()}-${receipt.startedAt.slice(0, 10)}.txt`, [...rows.map(([name, value]) => `${name}: ${value}`), ...(receipt.kept.length === 0 ? [] : ["", `${t.session.kept}:`, ...receipt.kept.map((line) => `- ${line}`)]), ""].join("\n"))}>
          <Download size={16} aria-hidden />
          {t.session.saveReceipt}
        </Button>
      )}
    </section>
  );
}

function rowsOf(receipt: Receipt): [string, string][] {
  const { host, startedAt, stoppedAt, minutes, bytesSent, rent } = receipt;
  const words = t.session.receiptRows;
  return [
    [words.host, host],
    ...(rent?.gpu ? [[words.gpu, rent.gpu] satisfies [string, string]] : []),
    [words.started, formatMoment(startedAt)],
    [words.stopped, formatMoment(stoppedAt)],
    [words.minutes, formatDuration(minutes * 60)],
    [words.sent, bytesSent === 0 ? t.session.free : formatBytes(bytesSent)],
    [words.cost, receiptCost(receipt)],
    ...(rent === null || rent === undefined
      ? []
      : ([
          [words.source, t.session.receiptSource[rent.source]],
          [words.ended, t.session.receiptEnded[rent.ended]],
          [words.confirmed, t.session.receiptConfirmed(formatTime(rent.confirmedAt))],
          [words.disk, rent.disk === null ? t.session.free : `${rent.disk.gigabytes} GB, ${t.amounts.perDay(formatMoney(usd(rent.disk.microUsdPerDay)))}`],
        ] satisfies [string, string][])),
  ];
}
