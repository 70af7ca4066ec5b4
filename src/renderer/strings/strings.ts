import type { ErrorCode } from "../../contract/errors.ts";
import type { StepId } from "../../contract/plan.ts";
import type { RehearsalFault } from "../../contract/rehearsal.ts";
import type { en } from "./en.ts";

/** What is said about an error. */
export interface ErrorWords {
  title: string;
  kept: string;
  advice: string;
}

/** English has no words of its own for these: the core's are English. */
interface CoreWords {
  errors: Record<ErrorCode, ErrorWords>;
  steps: Partial<Record<StepId, string>>;
  faults: Record<RehearsalFault, string>;
}

/** The shape of a language: every key of the English one, and nothing else. */
type Like<Words> = Words extends string
  ? string
  : Words extends (...given: infer Given) => string
    ? (...given: Given) => string
    : { readonly [Key in keyof Words]: Like<Words[Key]> };

export type Strings = Like<Omit<typeof en, keyof CoreWords>> & CoreWords;
