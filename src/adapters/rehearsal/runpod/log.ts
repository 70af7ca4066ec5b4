export interface PodLogLine {
  /** RFC 3339 */
  ts: string;
  source: "container" | "system";
  line: string;
}

/** What a pod has said so far, and whoever listens on. */
export class PodLog {
  readonly lines: PodLogLine[] = [];
  readonly #listeners = new Set<(line: PodLogLine) => void>();

  say(at: number, source: PodLogLine["source"], line: string): void {
    const said = { ts: new Date(at).toISOString(), source, line };
    this.lines.push(said);
    for (const listener of this.#listeners) listener(said);
  }

  /** Returns how to stop listening. */
  listen(listener: (line: PodLogLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
