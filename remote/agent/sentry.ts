import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { SENTRY_FOLDER } from "../../src/contract/agent.ts";

/** Tells the rented machine's sentry that the agent watches, and what is left until the deadline; where none is posted, nobody needs to know. */
export function signSentry(secondsLeft: number | null, home = homedir()): void {
  try {
    writeFileSync(join(home, SENTRY_FOLDER, "sign"), secondsLeft === null ? "" : String(Math.ceil(secondsLeft)));
  } catch {
    // No sentry.
  }
}
