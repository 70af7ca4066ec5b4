import { create } from "zustand";

/** What the person has set up on the first screen for the next start. */
export interface Choices {
  stick: string | null;
  /** Model file on the stick, where it holds several. */
  model: string | null;
  host: "local" | "ssh";
  address: string;
  identity: string;
  /** Course folder instead of the stick's own; empty for the stick's own. */
  course: string;
}

export const useChoices = create<Choices>(() => ({ stick: null, model: null, host: "local", address: "", identity: "", course: "" }));

export const choose = (changes: Partial<Choices>): void => useChoices.setState(changes);
