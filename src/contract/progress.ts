/** How far something long has come. Every wait in the product is described by this one shape. */
export interface Progress {
  /** Amount finished, in `unit`. */
  done: number;
  /** Amount to finish, in `unit`; null while it is not known. */
  total: number | null;
  unit: "bytes" | "files" | "chunks" | "rows" | "tokens" | "seconds" | "steps";
  /** `unit` per second over the last few seconds; null before there is a measurement. */
  rate: number | null;
  /** Seconds left, most likely; null while it cannot be told. */
  etaSeconds: number | null;
  /** Between which the time left will most likely lie, in seconds; only where the rate was seen to vary for long enough. */
  etaRange?: { least: number; most: number };
  /** What is being done or waited for right now, in plain words. */
  detail: string;
}
