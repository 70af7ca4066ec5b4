import type { SessionEvent, SessionSnapshot } from "../../contract/session.ts";
import type { Settings } from "../../contract/settings.ts";
import type { Session } from "../../core/session/session.ts";
import { shellWords, type Occasion } from "./words.ts";

export interface AttentionTools {
  /** Share from 0 to 1; 2 or more for work without a known end; -1 for none. Electron's own scale. */
  setProgressBar(share: number): void;
  isFocused(): boolean;
  notify(title: string, body: string): void;
  settings(): Promise<Settings>;
  locale: string;
}

const INDETERMINATE = 2;
const NONE = -1;

/**
 * Shows in the taskbar how far a start has come, and tells when the person is wanted: ready, needs
 * help, ended. Only while they look elsewhere, and never for what they had before the app opened.
 */
export async function drawAttention(session: Pick<Session, "watch">, { setProgressBar, isFocused, notify, settings, locale }: AttentionTools, signal: AbortSignal): Promise<void> {
  let shown: SessionSnapshot | null = null;
  let last = NONE;
  for await (const event of session.watch(undefined, signal)) {
    const before: SessionSnapshot["phase"] | undefined = shown?.phase;
    shown = after(shown, event);
    if (shown === null) continue;
    const share = progressOf(shown);
    // A hundredth is all that a taskbar can show.
    if (Math.round(share * 100) !== Math.round(last * 100)) setProgressBar(share);
    last = share;
    if (before === undefined || before === shown.phase || isFocused()) continue;
    const occasion = occasionOf(shown);
    if (occasion === null) continue;
    const { notify: wanted, language } = await settings();
    if (!wanted) continue;
    const { title, body } = shellWords(language, locale)[occasion];
    notify(title, body);
  }
}

function after(shown: SessionSnapshot | null, event: SessionEvent): SessionSnapshot | null {
  if (event.type === "snapshot") return event.session;
  if (shown === null) return null;
  if (event.type === "session") return { ...shown, ...event.changes };
  return { ...shown, steps: shown.steps.map((step) => (step.id === event.step.id ? event.step : step)) };
}

function occasionOf({ phase, error }: SessionSnapshot): Occasion | null {
  if (phase === "ready" || phase === "needs-help") return phase;
  // Whoever cancelled knows.
  return phase === "stopped" && error?.code !== "cancelled" ? "stopped" : null;
}

function progressOf({ phase, steps }: SessionSnapshot): number {
  if (phase === "stopping") return INDETERMINATE;
  if (phase !== "starting") return NONE;
  const all = steps.reduce((sum, { weight }) => sum + weight, 0);
  const done = steps.reduce((sum, { weight, status, progress }) => sum + weight * (status === "done" || status === "skipped" ? 1 : progress?.total ? Math.min(1, progress.done / progress.total) : 0), 0);
  return all === 0 ? INDETERMINATE : done / all;
}
