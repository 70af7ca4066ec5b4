import { fromErrorReport, MentorError, type ErrorReport } from "../../../contract/errors.ts";
import { kitProgram } from "../../../core/kit/install.ts";
import type { StepContext } from "../../../core/session/step.ts";
import { lastJson } from "./last-json.ts";

/**
 * Puts one question to the mentor's own program on the host, over its standard input, and returns
 * the answer; `what` names the question in the message when the program does not run.
 */
export async function askKit<Answer>({ facts, signal }: Pick<StepContext, "facts" | "signal">, option: "--check" | "--check-milvus", question: object, what: string): Promise<Answer> {
  const host = facts.requireHandle("host");
  const kit = facts.require("kit").path;
  const { stdout, stderr, exitCode } = await host.exec([kitProgram(kit, "node"), kitProgram(kit, "api.mjs"), option], { input: JSON.stringify(question), signal });
  const said = lastJson(stdout) as { result: Answer } | { error: ErrorReport } | null;
  if (said !== null && "error" in said) throw fromErrorReport(said.error);
  if (said !== null && exitCode === 0) return said.result;
  throw new MentorError("agent-failed", `${what} did not run on ${host.label}.`, { cause: new Error(stderr.trim().slice(-2000) || `exit code ${exitCode}`) });
}
