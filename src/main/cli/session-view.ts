import { createLogUpdate } from "log-update";
import type { Progress } from "../../contract/progress.ts";
import type { SessionSnapshot, StepState } from "../../contract/session.ts";
import type { Output } from "./output.ts";
import { formatBytes, formatSeconds, secondsBetween } from "./units.ts";
import { printable } from "./printable.ts";

/** Shows the steps of a session while they run. */
export interface SessionView {
  update(session: SessionSnapshot): void;
  /** Leaves the last state on the screen. */
  finish(): void;
}

export function createSessionView(output: Output, now: () => number = Date.now): SessionView {
  if (output.json) return { update: () => undefined, finish: () => undefined };
  return output.live ? liveView(output, now) : plainView(output, now);
}

/** Milliseconds between two drawings; elapsed times move on while nothing is reported. */
const REDRAW = 200;

function liveView(output: Output, now: () => number): SessionView {
  const draw = createLogUpdate(output.terminal.stdout as NodeJS.WriteStream);
  let session: SessionSnapshot | null = null;
  const render = () => {
    if (session !== null) draw(printable(session.steps.map((step) => liveLine(step, output, now())).join("\n")));
  };
  const timer = setInterval(render, REDRAW);
  return {
    update: (next) => (session = next),
    finish: () => {
      clearInterval(timer);
      render();
      draw.done();
    },
  };
}

function liveLine(step: StepState, { colors }: Output, now: number): string {
  const elapsed = step.startedAt === null ? "" : formatSeconds(secondsBetween(step.startedAt, step.endedAt ?? new Date(now).toISOString()));
  switch (step.status) {
    case "waiting":
      return colors.dim(`  ${step.title}`);
    case "running":
      return `${colors.cyan("▸")} ${colors.bold(step.title)}  ${step.progress === null ? "" : describeProgress(step.progress)}  ${colors.dim(elapsed)}`;
    case "done":
    case "skipped":
      return `${colors.green("✓")} ${step.title}  ${colors.dim([step.outcome, elapsed].filter(Boolean).join(" · "))}`;
    case "failed":
      return `${colors.red("✗")} ${step.title}  ${step.error?.message ?? ""}`;
    case "cancelled":
      return colors.dim(`– ${step.title}  cancelled`);
  }
}

/** Seconds between two lines about the same step where lines cannot be drawn over. */
const PLAIN_EVERY = 10;

function plainView(output: Output, now: () => number): SessionView {
  const seen = new Map<string, string>();
  const saidAt = new Map<string, number>();
  return {
    update: ({ steps }) => {
      for (const step of steps) {
        const changed = seen.get(step.id) !== step.status;
        seen.set(step.id, step.status);
        const due = step.status === "running" && step.progress !== null && now() - (saidAt.get(step.id) ?? 0) >= PLAIN_EVERY * 1000;
        if (step.status === "waiting" || (!changed && !due)) continue;
        saidAt.set(step.id, now());
        output.line(plainLine(step));
      }
    },
    finish: () => undefined,
  };
}

function plainLine(step: StepState): string {
  const took = step.startedAt !== null && step.endedAt !== null ? `, ${formatSeconds(secondsBetween(step.startedAt, step.endedAt))}` : "";
  switch (step.status) {
    case "waiting":
    case "running":
      return step.progress === null ? `${step.title} …` : `${step.title}: ${describeProgress(step.progress)}`;
    case "done":
    case "skipped":
      return `${step.title}: ${step.outcome ?? "done"}${took}`;
    case "failed":
      return `${step.title}: failed. ${step.error?.message ?? ""}`;
    case "cancelled":
      return `${step.title}: cancelled`;
  }
}

function formatRange(range: Progress["etaRange"]): string {
  if (range === undefined) return "";
  const [least, most] = [formatSeconds(range.least), formatSeconds(range.most)];
  return least === most ? "" : ` (between ${least} and ${most})`;
}

/** "1.2 GB of 5.1 GB (24 %), 83.0 MB/s, 47 s left, sending" */
export function describeProgress({ done, total, unit, rate, etaSeconds, etaRange, detail }: Progress): string {
  const amount = (value: number) => (unit === "bytes" ? formatBytes(value) : unit === "seconds" ? formatSeconds(value) : `${Math.round(value)} ${unit}`);
  const parts = [
    total === null ? (done > 0 ? amount(done) : "") : `${unit === "bytes" ? amount(done) : Math.round(done)} of ${amount(total)}${total > 0 ? ` (${Math.floor((done / total) * 100)} %)` : ""}`,
    rate === null || rate === 0 ? "" : unit === "bytes" ? `${formatBytes(rate)}/s` : unit === "seconds" ? "" : `${rate.toFixed(1)} ${unit}/s`,
    etaSeconds === null ? "" : `${formatSeconds(etaSeconds)} left${formatRange(etaRange)}`,
    detail,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
