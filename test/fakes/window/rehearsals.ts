import type { ChatAnswer } from "../../../src/contract/chat.ts";
import type { RehearsalEvent } from "../../../src/contract/rehearsal.ts";
import type { SessionSnapshot } from "../../../src/contract/session.ts";
import { QUOTE, RENT, rented, rentedStopped } from "./rented.ts";
import { uploading } from "./sessions.ts";

const HOST = { kind: "runpod" as const, label: "RTX A5000 at Runpod" };
const shown = (seq: number, session: SessionSnapshot): RehearsalEvent => ({ type: "session", event: { type: "snapshot", seq, session } });

const ANSWER: ChatAnswer = {
  answer: "A sheet that is handed in late loses **a fifth of its points** for each day.",
  sources: [{ text: "Late sheets lose a fifth of their points a day.", score: 0.82, metadata: { file: "05-course-information.txt", section: "Exercises", page: null, passage: 2 } }],
  question: "What does a sheet lose that is handed in late?",
  interaction_id: "i1",
  nothing_found: false,
  first_token_seconds: 0.4,
};

const STARTED: RehearsalEvent[] = [
  { type: "progress", progress: { done: 61_000_000, total: 144_000_000, unit: "bytes", rate: 5_200_000, etaSeconds: 16, detail: "Fetching the chat model" } },
  { type: "quote", quote: QUOTE },
  shown(1, { ...uploading(), host: HOST, rent: { ...RENT, spentMicroUsd: 3_000, unsavedRows: false } }),
];

/** A rehearsal in the middle of it, and one that is over, with the laptop gone on the way. */
export const REHEARSING: RehearsalEvent[] = [...STARTED];
export const AWAY: RehearsalEvent[] = [...STARTED, shown(2, rented()), { type: "answer", answer: ANSWER }, { type: "said", text: "The laptop is gone. After 60 seconds without a question the machine is to stop itself, with its own key." }];
export const REHEARSED: RehearsalEvent[] = [
  ...AWAY,
  shown(3, rentedStopped()),
  { type: "done", result: { fault: "laptop-gone", receipt: { ...rentedStopped().receipt!, minutes: 3, bytesSent: 312_000_000, costUsd: 0.02 }, billedMicroUsd: 17_000, rented: 1, left: 0, stoppedItself: true, answer: ANSWER } },
];
