import type { Drives, Volume } from "../../src/core/ports.ts";

/** The slots of this computer, and a hand that plugs and pulls. */
export class Slots implements Drives {
  #plugged: Volume[] = [];
  #changed: (volumes: Volume[]) => void = () => undefined;
  plug(volumes: Volume[]): void {
    this.#plugged = volumes;
    this.#changed(volumes);
  }
  list = async () => this.#plugged;
  watch = (onChange: (volumes: Volume[]) => void, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      this.#changed = onChange;
      onChange(this.#plugged);
      signal.addEventListener("abort", () => resolve());
    });
}
