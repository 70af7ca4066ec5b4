/** Goodput with a number of lanes, over one period. */
export interface LaneSample {
  lanes: number;
  /** Proven bytes per second. */
  rate: number;
}

export const FIRST_LANES = 4;
export const MOST_LANES = 8;
const STEP = 2;
/** A further lane must bring at least this share more; below it is noise. */
const WORTHWHILE = 1.1;

/**
 * How many lanes to use next, from the samples so far (oldest first). Pure. More lanes while more
 * lanes bring more; one SSH channel is limited by its window, one TCP connection by loss.
 */
export function wantedLanes(samples: readonly LaneSample[]): number {
  const last = samples.at(-1);
  if (last === undefined) return FIRST_LANES;
  const best = (lanes: number) => Math.max(0, ...samples.filter((sample) => sample.lanes === lanes).map((sample) => sample.rate));
  const fewer = Math.max(0, ...samples.filter((sample) => sample.lanes < last.lanes).map((sample) => sample.lanes));
  const grew = fewer === 0 || best(last.lanes) >= best(fewer) * WORTHWHILE;
  return grew ? Math.min(MOST_LANES, last.lanes + STEP) : last.lanes;
}
