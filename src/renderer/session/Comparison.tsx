import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useEffect, useMemo, useRef } from "react";
import { formatDuration, formatMoment } from "../format/durations.ts";
import { t } from "../strings/language.ts";
import "./comparison.css";

interface Past {
  startedAt: string;
  seconds: number;
}

const HEIGHT = 180;

/** How long this session took to be ready, beside those before it: as bars, and as a table. */
export default function Comparison({ earlier, current }: { earlier: readonly Past[]; current: Past }) {
  const place = useRef<HTMLDivElement>(null);
  const all = useMemo(() => [...earlier, current], [earlier, current]);
  const usual = middle(earlier.map(({ seconds }) => seconds));
  useEffect(() => {
    const { current: box } = place;
    if (box === null) return;
    const draw = () => drawBars(box, all.map(({ seconds }) => seconds));
    let chart = draw();
    const again = () => {
      chart.destroy();
      chart = draw();
    };
    // The canvas knows nothing of the page's colours: it is drawn anew when they or its width change.
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", again);
    const theme = new MutationObserver(again);
    theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const size = new ResizeObserver(() => chart.setSize({ width: box.clientWidth, height: HEIGHT }));
    size.observe(box);
    return () => {
      scheme.removeEventListener("change", again);
      theme.disconnect();
      size.disconnect();
      chart.destroy();
    };
  }, [all]);
  return (
    <section className="sheet stack comparison" aria-labelledby="compare-title">
      <div className="row">
        <h2 id="compare-title">{t.session.compare}</h2>
        <strong>{verdict(current.seconds, usual)}</strong>
      </div>
      <p className="soft small">{t.session.compareText(all.length)}</p>
      <div ref={place} className="chart" aria-hidden />
      <details className="small">
        <summary>{t.session.compareLabel}</summary>
        <table className="plain-table">
          <thead><tr><th scope="col">{t.session.date}</th><th scope="col" className="number">{t.session.readySeconds}</th></tr></thead>
          <tbody>
            {all.map(({ startedAt, seconds }, index) => (
              <tr key={startedAt}>
                <th scope="row">{formatMoment(startedAt)}{index === all.length - 1 && ` (${t.session.compareNow})`}</th>
                <td className="number">{formatDuration(seconds)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}

/** Between two lines of the scale, in seconds: what a clock would show. */
const STEPS = [1, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function verdict(seconds: number, usual: number): string {
  const difference = seconds - usual;
  if (Math.abs(difference) < Math.max(1, usual * 0.05)) return t.session.compareSame;
  const time = formatDuration(Math.abs(difference));
  return difference < 0 ? t.session.compareFaster(time) : t.session.compareSlower(time);
}

function drawBars(box: HTMLElement, seconds: number[]): uPlot {
  const style = getComputedStyle(box);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  // light-dark() is for style sheets; a canvas needs the colour that came of it.
  const resolved = (name: string): string => {
    box.style.color = `var(${name})`;
    const value = getComputedStyle(box).color;
    box.style.color = "";
    return value;
  };
  const [ink, line, accent, chalk] = [resolved("--ink-soft"), resolved("--line"), resolved("--accent"), resolved("--chalk")];
  const last = seconds.length - 1;
  const places = seconds.map((_, index) => index + 1);
  const bars = uPlot.paths.bars!({ size: [0.55, 64], radius: 0.12 });
  const axis = { stroke: ink, font: `13px ${colour("font-family") || "sans-serif"}`, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: () => [0.4, seconds.length + 0.6] }, y: { range: (_chart, _min, max) => [0, max * 1.1 || 1] } },
      axes: [
        { ...axis, grid: { show: false }, splits: () => places, values: (_chart, marks) => marks.map((mark) => (mark === seconds.length ? t.session.compareNow : String(mark - seconds.length))) },
        { ...axis, size: 70, incrs: STEPS, values: (_chart, marks) => marks.map((mark) => formatDuration(mark)) },
      ],
      series: [{}, { fill: accent, stroke: accent, paths: bars, points: { show: false } }, { fill: chalk, stroke: chalk, paths: bars, points: { show: false } }],
    },
    [places, seconds.map((value, index) => (index === last ? null : value)), seconds.map((value, index) => (index === last ? value : null))],
    box,
  );
}
