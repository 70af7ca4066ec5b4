import { ShieldAlert, ShieldCheck } from "lucide-react";
import { useState } from "react";
import type { RentSnapshot } from "../../contract/rent.ts";
import { formatMoney } from "../format/amounts.ts";
import { formatDuration, formatTime, secondsBetween } from "../format/durations.ts";
import { Button } from "../parts/Button.tsx";
import { Notice } from "../parts/Notice.tsx";
import { useNow } from "../parts/use-now.ts";
import { Figures, type Figure } from "../parts/Figures.tsx";
import { extendSession, useSession } from "../stores/session.ts";
import { showView } from "../stores/view.ts";
import { t } from "../strings/language.ts";
import { spentBy, usd } from "./money.ts";
import "./rent.css";

const LONGER = [30 * 60, 60 * 60];

/** The rented machine: what it costs, when it stops by itself, and whether it surely will. */
export function RentCard({ rent }: { rent: RentSnapshot }) {
  const now = useNow();
  const pending = useSession((state) => state.pending);
  const ready = useSession(({ session }) => session?.phase === "ready");
  const [asked, setAsked] = useState<number | null>(null);
  const { guard, budget, deadlineAt, deadlineByBudget, idleStopSeconds, gpu, dataCenter, unsavedRows } = rent;
  const left = deadlineAt === null ? 0 : secondsBetween(new Date(now).toISOString(), deadlineAt, now);
  const figures: Figure[] = [
    [t.rent.cost, formatMoney(spentBy(rent, now))],
    [t.rent.price, t.amounts.perHour(formatMoney(usd(rent.microUsdPerHour)))],
  ];
  if (deadlineAt !== null) figures.push([t.rent.deadline, formatTime(deadlineAt), t.now.deadlineIn(formatDuration(Math.floor(left / 60) * 60))]);
  const sure = guard.state === "armed";
  const Shield = sure ? ShieldCheck : ShieldAlert;
  return (
    <section className="stack rent-card" aria-labelledby="rent-title">
      <h2 id="rent-title">{t.rent.title}{gpu !== null && <span className="soft"> · {t.rent.gpuIn(gpu, dataCenter ?? "")}</span>}</h2>
      <Figures figures={figures} />
      <div className="row rent-line">
        <p className={sure ? "guard sure" : "guard"}>
          <Shield size={20} aria-hidden />
          <span>
            {t.rent.guards[guard.state]}
            {idleStopSeconds !== null && ` ${t.rent.idle(formatDuration(idleStopSeconds))}`}
            {deadlineByBudget && ` ${t.rent.deadlineByBudget}`}
          </span>
        </p>
        {deadlineAt !== null && (
          <div className="row">
            {LONGER.map((seconds) => (
              <Button
                key={seconds}
                size="compact"
                blocked={pending !== null}
                onClick={() => {
                  setAsked(seconds);
                  void extendSession(seconds);
                }}
              >
                {pending === "extend" && asked === seconds ? t.rent.extending : t.rent.extend(formatDuration(seconds))}
              </Button>
            ))}
          </div>
        )}
      </div>
      {budget?.warned && <Notice look="warn" alert>{t.rent.budgetWarned(formatMoney(usd(budget.microUsd)))}</Notice>}
      {unsavedRows && (
        <Notice look="calm">
          {t.rent.unsaved}
          {ready && <Button size="compact" onClick={() => showView("backups")}>{t.rent.toBackups}</Button>}
        </Notice>
      )}
    </section>
  );
}
