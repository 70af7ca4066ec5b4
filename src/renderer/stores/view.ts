import { create } from "zustand";

export const VIEWS = ["home", "rehearsal", "session", "chat", "course", "backups", "logs", "settings"] as const;
export type View = (typeof VIEWS)[number];

const KEY = "ai-mentor.view";

const remembered = VIEWS.find((view) => view === sessionStorage.getItem(KEY));

/** Which screen is shown; a reload comes back to it. */
export const useView = create<{ view: View }>(() => ({ view: remembered ?? "home" }));

export function showView(view: View): void {
  sessionStorage.setItem(KEY, view);
  useView.setState({ view });
}
