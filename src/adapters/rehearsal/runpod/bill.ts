
export type BillKind = "gpu" | "disk";

export interface BillLine {
  /** Id of the pod or of the network volume. */
  owner: string;
  kind: BillKind;
  /** Micro-USD an hour, not rounded. */
  rate: number;
  /** Milliseconds since the epoch. */
  from: number;
  /** null while it goes on. */
  to: number | null;
}

const MS_AN_HOUR = 3_600_000;

/** What the provider charges, to the millisecond. It only ever grows. */
export class Bill {
  readonly #lines: BillLine[] = [];

  get lines(): readonly BillLine[] {
    return this.#lines;
  }

  open(owner: string, kind: BillKind, rate: number, from: number): void {
    if (rate > 0) this.#lines.push({ owner, kind, rate, from, to: null });
  }

  /** Ends all that is charged for the owner. */
  close(owner: string, at: number): void {
    for (const line of this.#lines) if (line.owner === owner && line.to === null) line.to = at;
  }

  /** Micro-USD until `at`, whole. */
  total(at: number, which: (line: BillLine) => boolean = () => true): number {
    return Math.round(this.exact(at, which));
  }

  exact(at: number, which: (line: BillLine) => boolean = () => true): number {
    return this.#lines.filter(which).reduce((sum, { rate, from, to }) => sum + (rate * Math.max(0, Math.min(to ?? at, at) - from)) / MS_AN_HOUR, 0);
  }

  /** Micro-USD an hour that is being charged now. */
  rate(): number {
    return this.#lines.reduce((sum, { rate, to }) => sum + (to === null ? rate : 0), 0);
  }
}
