import { create } from "zustand";
import type { EndpointKey } from "../../contract/endpoint.ts";
import type { ErrorReport } from "../../contract/errors.ts";
import { core, reportOf } from "../connection/failure.ts";

/** Which keys are kept; a key itself is never given out. null until it is known. */
export const useKeys = create<{ kept: readonly EndpointKey[] | null; problem: ErrorReport | null }>(() => ({ kept: null, problem: null }));

async function then(change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change();
    useKeys.setState({ kept: await core().secrets.list(), problem: null });
    return true;
  } catch (thrown) {
    useKeys.setState({ problem: reportOf(thrown) });
    return false;
  }
}

export const loadKeys = () => then(async () => undefined);
export const keepKey = (name: EndpointKey, value: string) => then(() => core().secrets.set({ name, value }));
export const forgetKey = (name: EndpointKey) => then(() => core().secrets.remove({ name }));
