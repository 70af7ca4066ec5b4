import type { StepState } from "../../contract/session.ts";
import { t } from "../strings/language.ts";

/** A step's name in the window's language; the core's own where the language has none. */
export const stepTitle = ({ id, title }: Pick<StepState, "id" | "title">): string => t.steps[id] ?? title;
