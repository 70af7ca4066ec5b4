import type { StepState } from "../../contract/session.ts";
import { formatDuration, secondsBetween } from "../format/durations.ts";
import { en } from "../strings/en.ts";

interface Bar {
  step: StepState;
  /** Seconds after the first step began. */
  from: number;
  seconds: number;
}

/** When each step ran: what ran side by side and what took the time is seen at a glance. */
export function Waterfall({ steps }: { steps: readonly StepState[] }) {
  const bars = toBars(steps);
  const all = Math.max(0.001, ...bars.map(({ from, seconds }) => from + seconds));
  if (bars.length === 0) return null;
  return (
    <section className="sheet stack" aria-labelledby="timings-title">
      <h2 id="timings-title">{en.session.timings}</h2>
      <p className="soft small">{en.session.timingsText}</p>
      <table className="waterfall">
        <thead className="hidden-text">
          <tr><th scope="col">{en.session.step}</th><th scope="col">{en.session.when}</th><th scope="col">{en.session.took}</th></tr>
        </thead>
        <tbody>
          {bars.map(({ step, from, seconds }) => (
            <tr key={step.id}>
              <th scope="row">{step.title}</th>
              <td className="waterfall-when">
                <span className="hidden-text">{en.session.ranFrom(formatDuration(from), formatDuration(from + seconds))}</span>
                <svg width="100%" height="16" aria-hidden>
                  <rect className="waterfall-track" x="0" y="7" width="100%" height="2" />
                  <rect className="waterfall-bar" x={`${(from / all) * 100}%`} y="2" width={`${Math.max(0.4, (seconds / all) * 100)}%`} height="12" rx="2" />
                </svg>
              </td>
              <td className="waterfall-took">{formatDuration(seconds)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
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
