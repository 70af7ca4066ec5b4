import type { UploadProgress } from "../../contract/upload.ts";
import { ProgressMeter } from "../progress-meter.ts";
import { EtaRange } from "./eta-range.ts";
import type { Clock } from "../ports.ts";
import type { UploadLane } from "./lane.ts";

/** Silence after which a stall gets its name: with a report every second, it is seen within five. */
const STALL_MS = 3_500;
const REPORT_MS = 200;
/** Between two looks at how the rate varies. */
const LOOK_MS = 1_000;

/** What the meter looks at when it reports. */
export interface MeterView {
  lanes: readonly UploadLane[];
  /** The source is being read at this moment. */
  reading: boolean;
  detail: string;
}

/** Counts proven bytes and says, at most five times a second and at least once, how it goes. */
export class UploadMeter {
  readonly #clock: Clock;
  readonly #meter: ProgressMeter;
  readonly #total: number;
  readonly #view: () => MeterView;
  readonly #report: ((progress: UploadProgress) => void) | undefined;
  readonly #range = new EtaRange();
  /** What was done at the last look, and when that was. */
  #looked: { done: number; at: number };
  #done = 0;
  #retries = 0;
  #lastProof: number;
  #nextReport = 0;

  constructor(clock: Clock, total: number, view: () => MeterView, report: ((progress: UploadProgress) => void) | undefined) {
    this.#clock = clock;
    this.#meter = new ProgressMeter("bytes", () => clock.now());
    this.#total = total;
    this.#view = view;
    this.#report = report;
    this.#lastProof = clock.now();
    this.#looked = { done: 0, at: clock.now() };
  }

  get done(): number {
    return this.#done;
  }

  proved(bytes: number): void {
    this.#done += bytes;
    this.#lastProof = this.#clock.now();
    this.report();
  }

  retried(): void {
    this.#retries++;
  }

  report(force = false): void {
    const now = this.#clock.now();
    if (now - this.#looked.at >= LOOK_MS) {
      this.#range.observe(((this.#done - this.#looked.done) * 1000) / (now - this.#looked.at));
      this.#looked = { done: this.#done, at: now };
    }
    if (this.#report === undefined || (!force && now < this.#nextReport)) return;
    this.#nextReport = now + REPORT_MS;
    const view = this.#view();
    const stall = this.#done < this.#total && now - this.#lastProof >= STALL_MS ? nameStall(view, now) : null;
    const left = stall === null ? this.#range.read(this.#total - this.#done) : undefined;
    this.#report({
      ...this.#meter.at(this.#done, this.#total, stall === null ? view.detail : STALL_DETAIL[stall]),
      ...(stall !== null && { rate: 0, etaSeconds: null }),
      ...(left !== undefined && { etaSeconds: left.likely, etaRange: { least: left.least, most: left.most } }),
      unit: "bytes",
      lanes: view.lanes.length,
      retries: this.#retries,
      stall,
    });
  }
}

export type Stall = NonNullable<UploadProgress["stall"]>;

const STALL_DETAIL: Record<Stall, string> = {
  "slow-stick": "Waiting for the stick",
  "slow-disk": "Waiting for the host's disk",
  "slow-line": "Waiting for the line",
  "no-acknowledgement": "Waiting for the host to answer",
};

/** Pure: who keeps everybody waiting. */
export function nameStall({ lanes, reading }: Pick<MeterView, "lanes" | "reading">, now: number): Stall {
  if (reading) return "slow-stick";
  const alive = lanes.map((lane) => lane.heard()).filter((heard) => heard !== null && now - heard.at < STALL_MS);
  if (alive.length === 0) return "no-acknowledgement";
  return alive.some((heard) => heard!.busy === "writing" || heard!.busy === "checking") ? "slow-disk" : "slow-line";
}
