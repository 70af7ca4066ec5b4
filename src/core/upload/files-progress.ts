import type { Progress } from "../../contract/progress.ts";

/**
 * One progress out of those of several files that go one after the other: what is left of the others is
 * expected to go at the rate of the one that is on its way.
 */
export class FilesProgress {
  readonly #total: number;
  #before = 0;
  #rate: number | null = null;

  /** @param sizes of all files, in bytes */
  constructor(sizes: readonly number[]) {
    this.#total = sizes.reduce((sum, size) => sum + size, 0);
  }

  /** A file has arrived whole. */
  arrived(bytes: number): void {
    this.#before += bytes;
  }

  /** The progress of the file that is on its way, as one of them all. */
  of<Report extends Progress>(progress: Report): Report {
    const done = this.#before + progress.done;
    const left = this.#total - done;
    // A new file has no rate of its own yet.
    this.#rate = progress.rate ?? this.#rate;
    const ofFile = (progress.total ?? 0) - progress.done;
    const times = progress.etaSeconds !== null && ofFile > 0 ? left / ofFile : null;
    const { etaRange, ...rest } = progress;
    return {
      ...(rest as Report),
      done,
      total: this.#total,
      rate: this.#rate,
      etaSeconds: times !== null ? progress.etaSeconds! * times : this.#rate ? left / this.#rate : null,
      ...(etaRange !== undefined && times !== null && { etaRange: { least: etaRange.least * times, most: etaRange.most * times } }),
    };
  }
}
