import { createLogUpdate } from "log-update";
import type { Progress } from "../../contract/progress.ts";
import type { Output } from "./output.ts";
import { describeProgress } from "./session-view.ts";
import { printable } from "./printable.ts";

/** Seconds between two lines where a line cannot be drawn over. */
const PLAIN_EVERY = 10;

/** One line about one long thing: an upload, the making of a stick. */
export function createProgressView(output: Output, title: string, now: () => number = Date.now): { update(progress: Progress): void; finish(): void } {
  const draw = output.live ? createLogUpdate(output.terminal.stdout as NodeJS.WriteStream) : null;
  let saidAt = Number.NEGATIVE_INFINITY;
  return {
    update: (progress) => {
      const line = `${title}: ${describeProgress(progress)}`;
      if (draw !== null) draw(printable(line));
      else if (now() - saidAt >= PLAIN_EVERY * 1000) {
        saidAt = now();
        output.line(line);
      }
    },
    finish: () => draw?.done(),
  };
}
