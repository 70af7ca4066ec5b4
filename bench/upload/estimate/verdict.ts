import type { UploadProgress } from "../../../src/contract/upload.ts";
import type { StepState } from "../../../src/contract/session.ts";
import { expectedTotal, type Spread } from "../../../src/renderer/session/expected.ts";
import type { Recording } from "./recording.ts";

/** How an estimate proved. Seconds; `miss` is the share of the true end by which the likely one was off. */
export interface Verdict extends Spread {
  profile: string;
  megabytes: number;
  truth: number;
  miss: number;
  /** The true end lay between the least and the most. */
  within: boolean;
}

/** Off by no more is right. */
export const RIGHT = 0.2;

const STARTED = "2026-01-01T00:00:00.000Z";

/**
 * What the window says when it is asked: its own function, over a plan of the upload alone. The steps
 * after it take about the same in every session; with them a miss would only be a smaller share.
 */
export function shownTotal(progress: UploadProgress | null, atSeconds: number): Spread {
  const step: StepState = { id: "upload-model", title: "", needs: [], weight: 50, status: "running", startedAt: STARTED, endedAt: null, progress, outcome: null, error: null };
  return expectedTotal([step], STARTED, [], Date.parse(STARTED) + atSeconds * 1000);
}

export function judge({ profile, bytes, seconds }: Recording, shown: Spread): Verdict {
  return { profile, megabytes: Math.round(bytes / 1e6), ...shown, truth: seconds, miss: (shown.likely - seconds) / seconds, within: shown.least <= seconds && seconds <= shown.most };
}

/** A table in Markdown, and the sentence under it. */
export function formatVerdicts(verdicts: readonly Verdict[], atSeconds: number): string {
  const lines = verdicts.map(({ profile, megabytes, likely, least, most, truth, miss, within }) =>
    `| ${profile} | ${megabytes} | ${likely.toFixed(0)} | ${least.toFixed(0)}–${most.toFixed(0)} | ${truth.toFixed(0)} | ${miss < 0 ? "−" : "+"}${Math.abs(miss * 100).toFixed(1)} % | ${within ? "yes" : "no"} |`);
  const right = verdicts.filter(({ miss }) => Math.abs(miss) <= RIGHT).length;
  const inside = verdicts.filter(({ within }) => within).length;
  return `| profile | MB | expected after ${atSeconds} s | spread | true end | off by | within the spread |\n|---|---|---|---|---|---|---|\n${lines.join("\n")}\n
Right within ${RIGHT * 100} %: ${right} of ${verdicts.length}. Within the spread: ${inside} of ${verdicts.length}.\n`;
}
