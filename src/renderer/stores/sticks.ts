import { create } from "zustand";
import type { ErrorReport } from "../../contract/errors.ts";
import type { Stick } from "../../contract/stick.ts";
import { core, reportOf } from "../connection/failure.ts";
import { choose, useChoices } from "./choices.ts";

interface SticksStore {
  /** null until the core has looked. */
  sticks: Stick[] | null;
  /** Why the folder chosen by hand cannot be used. */
  folderProblem: ErrorReport | null;
  inspecting: boolean;
}

export const useSticks = create<SticksStore>(() => ({ sticks: null, folderProblem: null, inspecting: false }));

export function receiveSticks(sticks: Stick[]): void {
  useSticks.setState({ sticks });
}

/** Reads a folder chosen by hand and takes it as the stick. */
export async function chooseFolder(path: string): Promise<boolean> {
  useSticks.setState({ inspecting: true, folderProblem: null });
  try {
    const stick = await core().sticks.inspect({ path, remember: true });
    if (stick.problem?.code === "stick-missing") {
      useSticks.setState({ folderProblem: stick.problem });
      return false;
    }
    takeStick(stick);
    return true;
  } catch (thrown) {
    useSticks.setState({ folderProblem: reportOf(thrown) });
    return false;
  } finally {
    useSticks.setState({ inspecting: false });
  }
}

/** Shows a stick that was just read or made, without waiting for the next look around. */
export function takeStick(stick: Stick): void {
  const others = (useSticks.getState().sticks ?? []).filter(({ path }) => path !== stick.path);
  useSticks.setState({ sticks: [...others, stick] });
  choose({ stick: stick.path, model: null });
}

/** The stick a start would use: the chosen one while it is there, else the first one that can be used. */
export function useStick(): Stick | null {
  const chosen = useChoices((choices) => choices.stick);
  return useSticks(({ sticks }) => pickStick(sticks ?? [], chosen));
}

export function pickStick(sticks: Stick[], chosen: string | null): Stick | null {
  return sticks.find(({ path }) => path === chosen) ?? sticks.find(({ problem }) => problem === null) ?? sticks[0] ?? null;
}
