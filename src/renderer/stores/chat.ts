import { create } from "zustand";
import type { ChatAnswer, ChatEvent, ChatSource } from "../../contract/chat.ts";
import type { ErrorReport } from "../../contract/errors.ts";
import { core, reportOf } from "../connection/failure.ts";
import { eachFrame } from "./each-frame.ts";
import { keepConversation } from "./conversations.ts";

export interface Exchange {
  id: string;
  question: string;
  answer: string;
  sources: ChatSource[];
  state: "searching" | "writing" | "done" | "stopped" | "failed";
  nothingFound: boolean;
  firstTokenSeconds: number | null;
  leftOut: ChatAnswer["left_out"] | null;
  problem: ErrorReport | null;
}

export interface Conversation {
  id: string;
  exchanges: Exchange[];
  /** A question that is typed and not yet asked. */
  draft: string;
}

const KEY = "ai-mentor.conversation";

export const isOpen = ({ state }: Exchange): boolean => state === "searching" || state === "writing";

const empty = (): Conversation => ({ id: crypto.randomUUID(), exchanges: [], draft: "" });
const begun = (id: string, question: string): Exchange => ({ id, question, answer: "", sources: [], state: "searching", nothingFound: false, firstTokenSeconds: null, leftOut: null, problem: null });
const settled = (exchange: Exchange): Exchange => (isOpen(exchange) ? { ...exchange, state: "stopped" } : exchange);

/** The conversation survives another screen and a reload of the page; a cut answer is marked as such. */
function restore(): Conversation {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Conversation | null;
    return kept === null ? empty() : { ...kept, exchanges: kept.exchanges.map(settled) };
  } catch {
    return empty();
  }
}

export const useChat = create<Conversation>(restore);

/** Not at every word: while an answer streams, what came last is written once a second. */
let writing: ReturnType<typeof setTimeout> | undefined;
const remember = (): void => {
  clearTimeout(writing);
  writing = undefined;
  sessionStorage.setItem(KEY, JSON.stringify(useChat.getState()));
};
useChat.subscribe(({ exchanges }) => {
  if (exchanges.some(isOpen)) writing ??= setTimeout(remember, 1000);
  else remember();
});
addEventListener("pagehide", remember);

let stop = new AbortController();

export const ask = (question: string): Promise<void> => askFrom(useChat.getState().exchanges.length, question);

/** Asks in the place of an earlier question: it and what came after it are taken back. */
export const askInstead = (id: string, question: string): Promise<void> => askFrom(useChat.getState().exchanges.findIndex((one) => one.id === id), question);

async function askFrom(index: number, question: string): Promise<void> {
  const { id: conversation_id, exchanges } = useChat.getState();
  if (index < 0 || exchanges.some(isOpen)) return;
  const id = crypto.randomUUID();
  stop = new AbortController();
  const { signal } = stop;
  // The mentor remembers only what it has answered to its end.
  const forget_turns = exchanges.slice(index).filter(({ state }) => state === "done").length;
  useChat.setState({ draft: "", exchanges: [...exchanges.slice(0, index), begun(id, question)] });
  // Words come faster than pictures can be drawn: what came since the last picture is shown at once.
  const words = eachFrame<ChatEvent>((events) => update(id, (exchange) => events.reduce(advance, exchange)));
  try {
    for await (const event of await core().chat.ask({ message: question, conversation_id, ...(forget_turns > 0 ? { forget_turns } : {}) }, { signal })) {
      if (signal.aborted) break;
      words.add(event);
    }
    words.flush();
    update(id, settled);
  } catch (thrown) {
    words.flush();
    update(id, (exchange) => (signal.aborted ? settled(exchange) : { ...exchange, state: "failed", problem: reportOf(thrown) }));
  }
  void keepConversation(useChat.getState());
}

export function stopAnswer(): void {
  stop.abort();
  useChat.setState(({ exchanges }) => ({ exchanges: exchanges.map(settled) }));
}

export const setDraft = (draft: string): void => useChat.setState({ draft });

export function newConversation(): void {
  stopAnswer();
  useChat.setState(empty());
}

/** Goes back to a conversation that was kept. */
export function openConversation(id: string, exchanges: Exchange[]): void {
  stopAnswer();
  useChat.setState({ id, exchanges: exchanges.map(settled), draft: "" });
}

function advance(exchange: Exchange, event: ChatEvent): Exchange {
  switch (event.type) {
    case "workflow":
      return { ...exchange, state: event.node === "retrieve" ? "searching" : "writing" };
    case "token":
      return { ...exchange, state: "writing", answer: exchange.answer + event.content };
    case "complete":
      return {
        ...exchange,
        state: "done",
        answer: event.answer,
        sources: event.sources,
        nothingFound: event.nothing_found,
        firstTokenSeconds: event.first_token_seconds,
        leftOut: event.left_out ?? null,
      };
    case "error":
      return { ...exchange, state: "failed", problem: { code: "answer-failed", message: event.message } };
  }
}

function update(id: string, change: (exchange: Exchange) => Exchange): void {
  // What was stopped by hand stays as it was then.
  useChat.setState(({ exchanges }) => ({ exchanges: exchanges.map((one) => (one.id === id && isOpen(one) ? change(one) : one)) }));
}
