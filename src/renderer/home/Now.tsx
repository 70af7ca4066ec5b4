import { ArrowRight } from "lucide-react";
import type { SessionSnapshot } from "../../contract/session.ts";
import { formatMoney } from "../format/amounts.ts";
import { formatDuration, formatTime, secondsBetween } from "../format/durations.ts";
import { formatSpread } from "../format/spread.ts";
import { Button } from "../parts/Button.tsx";
import { useNow } from "../parts/use-now.ts";
import { spentBy, usd } from "../rent/money.ts";
import { Figures, type Figure } from "../parts/Figures.tsx";
import { expectedTotal } from "../session/expected.ts";
import { usePast } from "../session/use-past.ts";
import { useStick } from "../stores/sticks.ts";
import { showView, type View } from "../stores/view.ts";
import { t } from "../strings/language.ts";

type Active = "starting" | "ready" | "needs-help" | "stopping";

const LEADS_TO: Record<Active, View> = { starting: "session", ready: "chat", "needs-help": "session", stopping: "session" };

/** The running session at a glance, and the one thing to do next. */
export function Now({ session, phase }: { session: SessionSnapshot; phase: Active }) {
  const now = useNow();
  const stick = useStick();
  const past = usePast();
  const { facts } = t.now;
  const model = session.servedBy.chat === null ? (session.model?.name ?? "") : t.endpoint.summary(session.servedBy.chat);
  const figures: Figure[] = [
    [facts.stick, stick?.label ?? facts.none],
    [facts.runs, session.host?.label ?? ""],
    ...money(session, now),
  ];
  if (phase === "starting" && session.startedAt !== null && session.line?.state !== "gone") {
    const { least, likely, most } = expectedTotal(session.steps, session.startedAt, past, now);
    const gone = secondsBetween(session.startedAt, null, now);
    figures.push([facts.left, formatSpread({ least: least - gone, likely: likely - gone, most: most - gone })]);
  } else if (session.startedAt !== null && session.rent === null) figures.push([t.session.elapsed, formatDuration(Math.floor(secondsBetween(session.startedAt, session.stoppedAt, now)))]);
  return (
    <section className="sheet now" aria-labelledby="now-title">
      <div className="now-head">
        <span className={`phase-dot ${phase}`} aria-hidden />
        <div>
          <h2 id="now-title">{t.now.titles[phase]}</h2>
          <p className="soft">{model}</p>
        </div>
      </div>
      <Figures figures={figures} />
      <div className="now-next">
        <p><strong>{t.now.next}</strong><br /><span className="soft">{t.now.nextText[phase]}</span></p>
        <div className="row">
          {phase === "ready" && <Button onClick={() => showView("session")}>{t.now.session}</Button>}
          <Button look="chalk" size="big" onClick={() => showView(LEADS_TO[phase])}>
            {t.now.buttons[phase]}
            <ArrowRight size={20} aria-hidden />
          </Button>
        </div>
      </div>
    </section>
  );
}

/** What the session costs now, and when it stops by itself. */
function money({ rent, host }: SessionSnapshot, now: number): Figure[] {
  const { facts } = t.now;
  if (rent === null) return [[facts.cost, t.session.notRented, host?.kind === "ssh" ? facts.notRentedNote : undefined]];
  if (!rent.running) return [[facts.cost, facts.free]];
  const deadline: Figure = rent.deadlineAt === null ? [facts.deadline, facts.noDeadline] : [facts.deadline, formatTime(rent.deadlineAt), t.now.deadlineIn(formatDuration(Math.max(0, Math.floor((Date.parse(rent.deadlineAt) - now) / 60_000) * 60)))];
  return [[facts.cost, t.amounts.perHour(formatMoney(usd(rent.microUsdPerHour))), t.now.soFar(formatMoney(spentBy(rent, now)))], deadline];
}
