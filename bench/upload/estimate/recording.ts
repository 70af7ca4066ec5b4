import type { UploadProgress } from "../../../src/contract/upload.ts";
import { UploadMeter } from "../../../src/core/upload/upload-meter.ts";

/** One upload as it went. Seconds count from the step's start. */
export interface Recording {
  profile: string;
  bytes: number;
  /** Until all was proven and in place. */
  seconds: number;
  /** Seconds, and bytes that were proven by then: at each report. */
  trace: [seconds: number, done: number][];
  /** The report that stood in the window at the moment that is judged. */
  seen: UploadProgress | null;
}

/** The report that today's meter gives of a recorded upload at that moment. Null where it gives none. */
export function replay({ bytes, trace }: Pick<Recording, "bytes" | "trace">, atSeconds: number): UploadProgress | null {
  let now = 0;
  let seen: UploadProgress | null = null;
  const clock = { now: () => now, sleep: () => Promise.reject(new Error("nobody waits in a recording")) };
  const meter = new UploadMeter(clock, bytes, () => ({ lanes: [], reading: false, detail: "" }), (progress) => (seen = progress));
  let before = 0;
  for (const [seconds, done] of trace) {
    if (seconds > atSeconds) break;
    now = seconds * 1000;
    if (done > before) meter.proved(done - before);
    meter.report(true);
    before = done;
  }
  return seen;
}
