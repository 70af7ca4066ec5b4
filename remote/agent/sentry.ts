import { writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { SENTRY_FOLDER } from "../../src/contract/agent.ts";

/** Tells the rented machine's sentry that the agent watches; where none is posted, nobody needs to know. */
export function signSentry(home = homedir()): void {
  try {
    writeFileSync(join(home, SENTRY_FOLDER, "sign"), "");
  } catch {
    // No sentry.
  }
}
