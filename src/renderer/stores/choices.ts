import { create } from "zustand";
import type { HostChoice } from "../../contract/session.ts";
import type { RunpodWishes } from "../../contract/settings.ts";

/** Somebody else's LLM server. The key is empty where the one that is kept will do. */
export interface EndpointChoice {
  url: string;
  model: string;
  key: string;
}

/** What the person has set up on the first screen for the next start. */
export interface Choices {
  stick: string | null;
  /** Model file on the stick, where it holds several. */
  model: string | null;
  host: HostChoice["kind"];
  /** What a rented machine may be and cost. */
  runpod: RunpodWishes;
  address: string;
  identity: string;
  /** Course folder instead of the stick's own; empty for the stick's own. */
  course: string;
  /** Addresses from which the host may fetch parts of a model, by the name of the model's file. */
  mirrors: Record<string, string>;
  /** null for the model on the stick. */
  endpoint: EndpointChoice | null;
}

export const useChoices = create<Choices>(() => ({ stick: null, model: null, host: "local", runpod: {}, address: "", identity: "", course: "", mirrors: {}, endpoint: null }));

export const choose = (changes: Partial<Choices>): void => useChoices.setState(changes);
