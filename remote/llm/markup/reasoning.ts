/** Marks around what a model thinks before it answers. */
export interface ReasoningMarks {
  open: string;
  close: string;
}

const KNOWN: readonly ReasoningMarks[] = [
  { open: "<think>", close: "</think>" },
  { open: "[THINK]", close: "[/THINK]" },
  { open: "<seed:think>", close: "</seed:think>" },
  { open: "<|START_THINKING|>", close: "<|END_THINKING|>" },
];

/** Those that the template or the vocabulary knows; null for a model that does not think aloud. */
export function reasoningMarks(template: string, isToken: (text: string) => boolean): ReasoningMarks | null {
  return KNOWN.find(({ open, close }) => template.includes(close) || (isToken(open) && isToken(close))) ?? null;
}

/** Whether the prompt has begun the thinking already, as templates for thinking models do. */
export function isThinkingBegun(marks: ReasoningMarks, promptEnd: string): boolean {
  return promptEnd.trimEnd().endsWith(marks.open);
}
