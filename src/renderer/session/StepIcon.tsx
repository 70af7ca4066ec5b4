import { Ban, Check, CircleAlert, LoaderCircle, Minus } from "lucide-react";
import type { StepStatus } from "../../contract/plan.ts";

const ICONS = { waiting: null, running: LoaderCircle, done: Check, skipped: Minus, failed: CircleAlert, cancelled: Ban } satisfies Record<StepStatus, unknown>;

/** The station of a step. Its shape says the status; colour only repeats it. */
export function StepIcon({ status }: { status: StepStatus }) {
  const Icon = ICONS[status];
  return (
    <span className={`step-icon ${status}`} aria-hidden>
      {Icon !== null && <Icon size={14} strokeWidth={3} className={status === "running" ? "turning" : undefined} />}
    </span>
  );
}
