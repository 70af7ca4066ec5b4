import { useEffect } from "react";
import type { Receipt } from "../../contract/session.ts";
import { formatDuration, formatMoment } from "../format/durations.ts";
import { receiptCost } from "../rent/money.ts";
import { loadReceipts, useRent } from "../stores/rent.ts";
import { t } from "../strings/language.ts";

/** Of all sessions that ended. */
export function Receipts() {
  const receipts = useRent((state) => state.receipts);
  const words = t.session.receiptRows;
  useEffect(() => {
    void loadReceipts();
  }, []);
  return (
    <section className="sheet stack" aria-labelledby="receipts-title">
      <h2 id="receipts-title">{t.rent.receiptsTitle}</h2>
      <p className="soft">{receipts === null || receipts.length === 0 ? t.rent.receiptsNone : t.rent.receiptsLead}</p>
      {receipts !== null && receipts.length > 0 && (
        <div className="scroll-x">
          <table className="storage-table">
            <thead><tr><th scope="col">{words.started}</th><th scope="col">{words.host}</th><th scope="col">{words.minutes}</th><th scope="col">{words.cost}</th><th scope="col">{words.ended}</th></tr></thead>
            <tbody>
              {receipts.map((receipt) => <Row key={receipt.sessionId} receipt={receipt} />)}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ receipt }: { receipt: Receipt }) {
  const { startedAt, host, minutes, rent } = receipt;
  return (
    <tr>
      <th scope="row">{formatMoment(startedAt)}</th>
      <td>{rent?.gpu ?? host}</td>
      <td>{formatDuration(minutes * 60)}</td>
      <td>{receiptCost(receipt)}</td>
      <td>{rent ? `${t.session.receiptEnded[rent.ended]}, ${t.session.receiptConfirmed(formatMoment(rent.confirmedAt))}` : "–"}</td>
    </tr>
  );
}
