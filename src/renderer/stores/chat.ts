import { create } from "zustand";
import type { ChatEvent, ChatSource } from "../../contract/chat.ts";
import type { ErrorReport } from "../../contract/errors.ts";
import { core, reportOf } from "../connection/failure.ts";

export interface Exchange {
  id: string;
  question: string;
  answer: string;
  sources: ChatSource[];
  state: "searching" | "writing" | "done" | "stopped" | "failed";
  nothingFound: boolean;
  firstTokenSeconds: number | null;
  problem: ErrorReport | null;
}

interface Conversation {
  id: string;
  exchanges: Exchange[];
  /** A question that is typed and not yet asked. */
  draft: string;
}

const KEY = "ai-mentor.conversation";

export const isOpen = ({ state }: Exchange): boolean => state === "searching" || state === "writing";

const empty = (): Conversation => ({ id: crypto.randomUUID(), exchanges: [], draft: "" });

/** The conversation survives another screen and a reload of the page; a cut answer is marked as such. */
function restore(): Conversation {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Conversation | null;
    if (kept === null) return empty();
    return { ...kept, exchanges: kept.exchanges.map((one) => (isOpen(one) ? { ...one, state: "stopped" } : one)) };
  } catch {
    return empty();
  }
}

export const useChat = create<Conversation>(restore);
useChat.subscribe((conversation) => sessionStorage.setItem(KEY, JSON.stringify(conversation)));

let stop = new AbortController();

export async function ask(question: string): Promise<void> {
  const { id: conversation_id, exchanges } = useChat.getState();
  if (exchanges.some(isOpen)) return;
  const id = crypto.randomUUID();
  stop = new AbortController();
  const { signal } = stop;
  useChat.setState({
    draft: "",
    exchanges: [
      ...exchanges,
      { id, question, answer: "", sources: [], state: "searching", nothingFound: false, firstTokenSeconds: null, problem: null },
    ],
  });
  try {
    for await (const event of await core().chat.ask({ message: question, conversation_id }, { signal })) {
      if (signal.aborted) break;
      update(id, (exchange) => advance(exchange, event));
    }
    update(id, (exchange) => (isOpen(exchange) ? { ...exchange, state: "stopped" } : exchange));
  } catch (thrown) {
    update(id, (exchange) => (signal.aborted ? { ...exchange, state: "stopped" } : { ...exchange, state: "failed", problem: reportOf(thrown) }));
  }
}

export function stopAnswer(): void {
  stop.abort();
  useChat.setState(({ exchanges }) => ({ exchanges: exchanges.map((one) => (isOpen(one) ? { ...one, state: "stopped" } : one)) }));
}

export const setDraft = (draft: string): void => useChat.setState({ draft });
export const newConversation = (): void => useChat.setState(empty());

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
      };
    case "error":
      return { ...exchange, state: "failed", problem: { code: "answer-failed", message: event.message } };
  }
}

function update(id: string, change: (exchange: Exchange) => Exchange): void {
  useChat.setState(({ exchanges }) => ({ exchanges: exchanges.map((one) => (one.id === id ? change(one) : one)) }));
}
