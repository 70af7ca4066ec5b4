import { create } from "zustand";
import type { ErrorReport } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import { core, reportOf } from "../connection/failure.ts";
import { saveSettings } from "./settings.ts";
import { startSession } from "./session.ts";
import { takeStick } from "./sticks.ts";
import { choose } from "./choices.ts";

interface PracticeStore {
  making: boolean;
  progress: Progress | null;
  problem: ErrorReport | null;
}

export const usePractice = create<PracticeStore>(() => ({ making: false, progress: null, problem: null }));

let giveUp = new AbortController();

/** Makes the practice stick, then starts a session with it on this computer. */
export async function practice(): Promise<void> {
  if (usePractice.getState().making) return;
  giveUp = new AbortController();
  usePractice.setState({ making: true, progress: null, problem: null });
  try {
    for await (const event of await core().sticks.makePractice(undefined, { signal: giveUp.signal })) {
      if (event.type === "progress") {
        usePractice.setState({ progress: event.progress });
        continue;
      }
      takeStick(event.stick);
      choose({ host: "local", course: "" });
      await saveSettings({ welcomed: true });
      await startSession({ stick: event.stick.path, host: { kind: "local" } });
    }
  } catch (thrown) {
    if (!giveUp.signal.aborted) usePractice.setState({ problem: reportOf(thrown) });
  } finally {
    usePractice.setState({ making: false, progress: null });
  }
}

export const cancelPractice = () => giveUp.abort();
