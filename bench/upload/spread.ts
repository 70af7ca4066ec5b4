/** Numbers of the same kind in the order of their size; none of them is missing. */
export interface Spread {
  lowest: number;
  median: number;
  highest: number;
}

/** Null where nothing was measured. */
export function spreadOf(values: readonly (number | null)[]): Spread | null {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const middle = (sorted.length - 1) / 2;
  return { lowest: sorted[0]!, median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2, highest: sorted.at(-1)! };
}
