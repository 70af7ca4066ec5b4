import { CircleCheck } from "lucide-react";
import type { Quote } from "../../contract/rent.ts";
import { formatBytes, formatMoney } from "../format/amounts.ts";
import { formatDuration } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { FromCore } from "../parts/FromCore.tsx";
import { ErrorNotice } from "../parts/Notice.tsx";
import type { StartRequest } from "../../contract/session.ts";
import { askQuote, useRent } from "../stores/rent.ts";
import { t } from "../strings/language.ts";
import { usd } from "./money.ts";

/** The verdict before any money is spent. */
export function QuoteView({ request }: { request: StartRequest }) {
  const { quote, quoting, problem } = useRent();
  return (
    <section className="stack quote" aria-labelledby="quote-title">
      <h3 id="quote-title">{t.rent.quoteTitle}</h3>
      {problem !== null && <ErrorNotice report={problem} />}
      {quote !== null && <Verdict quote={quote} />}
      <Button look={quote === null ? "primary" : "quiet"} size="compact" blocked={quoting} onClick={() => askQuote(request)}>
        {quoting ? t.rent.quoting : quote === null ? t.rent.quoteButton : t.rent.quoteAgain}
      </Button>
    </section>
  );
}

function Verdict({ quote: { first, neededBytes, untilReady, problem, candidates, model } }: { quote: Quote }) {
  return (
    <>
      {problem !== null && <ErrorNotice report={problem} look="warn" />}
      {first !== null && (
        <div className="stack">
          <p className="verdict"><CircleCheck size={18} aria-hidden />{t.rent.quoteFirst(first.name, `${first.memoryGiB} GiB`)}, {t.amounts.perHour(formatMoney(usd(first.microUsdPerHour)))}</p>
          {untilReady !== null && (
            <p>
              {t.rent.quoteReady(formatDuration(untilReady.seconds), formatMoney(usd(untilReady.microUsd)))}
              <span className="soft small block">{t.rent.quoteFrom(untilReady.sessions)}</span>
            </p>
          )}
          {model !== null && <p className="soft small">{model.name} {t.rent.quoteNeeds(formatBytes(neededBytes))}</p>}
        </div>
      )}
      {candidates.length > 0 && (
        <details className="small">
          <summary>{t.rent.quoteAll(candidates.length)}</summary>
          <div className="scroll-x">
            <table className="plain-table">
              <thead>
                <tr><th scope="col">{t.rent.quoteGpu}</th><th scope="col" className="number">{t.rent.quotePrice}</th><th scope="col">{t.rent.quoteStock}</th><th scope="col">{t.rent.quoteWhy}</th></tr>
              </thead>
              <tbody>
                {candidates.map((one) => (
                  <tr key={`${one.id} ${one.cloud}`}>
                    <th scope="row">{one.name}<span className="soft block">{one.memoryGiB} GiB · {t.rent.clouds[one.cloud]}</span></th>
                    <td className="number">{formatMoney(usd(one.microUsdPerHour))}</td>
                    <td>{t.rent.stock[one.stock]}</td>
                    <td>{one.leftOut === null ? t.rent.quoteTried : <FromCore>{one.leftOut}</FromCore>}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </>
  );
}
