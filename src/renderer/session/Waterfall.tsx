import type { SessionTimings, StepState } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { t } from "../strings/language.ts";
import { usualSeconds } from "./expected.ts";
import { usePast } from "./use-past.ts";
import { stepTitle } from "./step-title.ts";

interface Bar {
  step: StepState;
  /** Seconds after the first step began. */
  from: number;
  seconds: number;
}

/** When each step ran: what ran side by side and what took the time is seen at a glance. */
export function Waterfall({ steps }: { steps: readonly StepState[] }) {
  const past = usePast();
  const bars = toBars(steps);
  const all = Math.max(0.001, ...bars.map(({ step, from, seconds }) => from + Math.max(seconds, usual(step, past) ?? 0)));
  if (bars.length === 0) return null;
  return (
    <section className="sheet stack" aria-labelledby="timings-title">
      <h2 id="timings-title">{t.session.timings}</h2>
      <p className="soft small">{t.session.timingsText}{past.length > 0 && ` ${t.session.timingsMark}`}</p>
      <table className="waterfall">
        <thead className="hidden-text">
          <tr><th scope="col">{t.session.step}</th><th scope="col">{t.session.when}</th><th scope="col">{t.session.took}</th>{past.length > 0 && <th scope="col">{t.session.usually("")}</th>}</tr>
        </thead>
        <tbody>
          {bars.map(({ step, from, seconds }) => (
            <tr key={step.id}>
              <th scope="row">{stepTitle(step)}</th>
              <td className="waterfall-when">
                <span className="hidden-text">{t.session.ranFrom(formatDuration(from), formatDuration(from + seconds))}</span>
                <svg width="100%" height="16" aria-hidden>
                  <rect className="waterfall-track" x="0" y="7" width="100%" height="2" />
                  <Usual at={usual(step, past)} from={from} all={all} />
                  <rect className="waterfall-bar" x={`${(from / all) * 100}%`} y="2" width={`${Math.max(0.4, (seconds / all) * 100)}%`} height="12" rx="2" />
                </svg>
              </td>
              <td className="waterfall-took">{formatDuration(seconds)}</td>
              {past.length > 0 && <td className="waterfall-usual soft">{usual(step, past) === null ? "" : t.session.usually(formatDuration(usual(step, past)!))}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Median of earlier sessions on this kind of host; null where none was measured. Seconds. */
function usual(step: StepState, past: readonly SessionTimings[]): number | null {
  return past.some(({ steps }) => steps.some(({ id }) => id === step.id)) ? usualSeconds(step, past).likely : null;
}

function Usual({ at, from, all }: { at: number | null; from: number; all: number }) {
  if (at === null) return null;
  const x = `${((from + at) / all) * 100}%`;
  return <line className="waterfall-mark" x1={x} x2={x} y1="0" y2="16" />;
}

function toBars(steps: readonly StepState[]): Bar[] {
  const ran = steps.filter(({ startedAt, endedAt }) => startedAt !== null && endedAt !== null);
  const first = ran.map(({ startedAt }) => startedAt ?? "").sort()[0] ?? "";
  return ran.map((step) => ({
    step,
    from: secondsBetween(first, step.startedAt, 0),
    seconds: secondsBetween(step.startedAt ?? first, step.endedAt, 0),
  }));
}
