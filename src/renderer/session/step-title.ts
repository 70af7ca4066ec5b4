import type { SessionSnapshot, StepState } from "../../contract/session.ts";
import { t } from "../strings/language.ts";

/** A step's name in the window's language; the core's own where the language has none. */
export const stepTitle = ({ id, title }: Pick<StepState, "id" | "title">): string => t.steps[id] ?? title;

/** Which step runs now, as it is spoken; empty while none does. */
export function stepAnnouncement(session: SessionSnapshot | null): string {
  if (session === null || session.phase !== "starting") return "";
  const index = session.steps.findLastIndex(({ status }) => status === "running");
  return index < 0 ? "" : t.session.announce(index + 1, session.steps.length, stepTitle(session.steps[index]!));
}
