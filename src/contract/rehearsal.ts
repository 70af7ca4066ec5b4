import type { ChatAnswer } from "./chat.ts";
import type { MicroUsd, Quote } from "./rent.ts";
import type { Progress } from "./progress.ts";
import type { Receipt, SessionEvent } from "./session.ts";

/** What a rehearsal can have go wrong, and what is to be seen then. */
export const REHEARSAL_FAULTS = {
  "no-capacity": "The two cheapest kinds of card are taken: the next one is tried.",
  "answer-lost": "The machine is made, and the answer to the order is lost: it is found again by its name, and no second one is rented.",
  busy: "Runpod asks to wait: it is asked again when it said so.",
  unreachable: "Runpod does not answer for a while: it is asked until it does.",
  "port-late": "The machine runs, and its SSH port opens late: what is waited for is named.",
  "ssh-blocked": "This network lets no SSH out: that is told apart from a machine that is not up, and on another network the session goes on.",
  "host-key-changed": "Somebody stands between this computer and the machine: nothing is sent, the machine is given back, and another one is rented.",
  "laptop-gone": "The laptop goes away: the machine stops itself after a minute, and the laptop finds that out when it comes back.",
} as const;

export type RehearsalFault = keyof typeof REHEARSAL_FAULTS;
export const REHEARSAL_FAULT_NAMES = Object.keys(REHEARSAL_FAULTS) as RehearsalFault[];

/** Why no rehearsal can be held on this computer: not Linux, no OpenSSH server, ports in use, or one is held already. */
export interface RehearsalObstacle {
  reason: "platform" | "sshd" | "ports" | "held";
  /** The ports in use; where they are the reason. */
  ports?: number[];
  /** As a sentence, in English. */
  message: string;
}

export interface RehearsalResult {
  fault: RehearsalFault | null;
  receipt: Receipt;
  /** What the pretended provider has billed. It never costs anything. */
  billedMicroUsd: MicroUsd;
  /** Machines that were rented in all, and how many there still were at the end: none. */
  rented: number;
  left: number;
  /** The machine's own credential has stopped it. */
  stoppedItself: boolean;
  answer: ChatAnswer;
}

export type RehearsalEvent =
  | { type: "progress"; progress: Progress }
  /** The verdict before any (pretended) money is spent. */
  | { type: "quote"; quote: Quote }
  | { type: "session"; event: SessionEvent }
  | { type: "answer"; answer: ChatAnswer }
  /** What is waited for or has just happened, in plain words. */
  | { type: "said"; text: string }
  | { type: "done"; result: RehearsalResult };
