import { create } from "zustand";
import type { ErrorReport } from "../../contract/errors.ts";
import type { KeptConversation } from "../../contract/window.ts";
import { core, reportOf } from "../connection/failure.ts";
import { useSettings } from "./settings.ts";
import type { Conversation } from "./chat.ts";

const TITLE_MAX = 80;

interface ConversationsStore {
  /** Newest first; null until they were asked for. */
  kept: readonly KeptConversation[] | null;
  problem: ErrorReport | null;
}

export const useConversations = create<ConversationsStore>(() => ({ kept: null, problem: null }));

export async function loadConversations(): Promise<void> {
  try {
    useConversations.setState({ kept: await core().window.conversations(), problem: null });
  } catch (thrown) {
    useConversations.setState({ problem: reportOf(thrown) });
  }
}

/** Keeps a conversation on this computer, where the person wants that. It stays in the window in any case. */
export async function keepConversation({ id, exchanges }: Conversation): Promise<void> {
  if (exchanges.length === 0 || useSettings.getState().settings?.keepConversations !== true) return;
  const kept: KeptConversation = { id, title: exchanges[0]!.question.slice(0, TITLE_MAX), updatedAt: new Date().toISOString(), exchanges: exchanges as unknown as KeptConversation["exchanges"] };
  try {
    await core().window.saveConversation(kept);
    useConversations.setState(({ kept: others }) => ({ kept: [kept, ...(others ?? []).filter((one) => one.id !== id)], problem: null }));
  } catch (thrown) {
    useConversations.setState({ problem: reportOf(thrown) });
  }
}

export async function removeConversation(id: string): Promise<void> {
  try {
    await core().window.removeConversation({ id });
    useConversations.setState(({ kept }) => ({ kept: (kept ?? []).filter((one) => one.id !== id), problem: null }));
  } catch (thrown) {
    useConversations.setState({ problem: reportOf(thrown) });
  }
}
