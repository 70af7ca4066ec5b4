import { MentorError } from "../../../contract/errors.ts";
import type { StepImplementation } from "../../../core/session/step.ts";
import "./facts.ts";

/** Ready means proven: a known page, a known question, the right citation, a first token. */
export function selfCheck(): StepImplementation {
  return {
    id: "self-check",
    async run({ facts, signal }) {
      const result = await facts.requireHandle("mentor").selfCheck(signal);
      if (!result.passed) throw new MentorError("self-check-failed", result.reason ?? "The test question was not answered as it should be.");
      facts.set("firstTokenSeconds", result.firstTokenSeconds);
      return { outcome: `first word after ${result.firstTokenSeconds.toFixed(1)} s` };
    },
  };
}
