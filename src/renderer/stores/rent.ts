import { create } from "zustand";
import type { ErrorReport } from "../../contract/errors.ts";
import type { NetworkVolume, PodOfOurs, Quote } from "../../contract/rent.ts";
import type { Receipt, StartRequest } from "../../contract/session.ts";
import { core, reportOf } from "../connection/failure.ts";

interface RentStore {
  quote: Quote | null;
  quoting: boolean;
  /** Every machine of ours at the provider. */
  pods: readonly PodOfOurs[];
  /** The machine whose end is being waited for. */
  ending: string | null;
  volumes: readonly NetworkVolume[];
  receipts: readonly Receipt[] | null;
  problem: ErrorReport | null;
}

export const useRent = create<RentStore>(() => ({ quote: null, quoting: false, pods: [], ending: null, volumes: [], receipts: null, problem: null }));

export async function askQuote(request: StartRequest): Promise<void> {
  useRent.setState({ quoting: true, problem: null });
  try {
    useRent.setState({ quote: await core().session.quote(request) });
  } catch (thrown) {
    useRent.setState({ quote: null, problem: reportOf(thrown) });
  } finally {
    useRent.setState({ quoting: false });
  }
}

/** What was asked for has changed: the price no longer counts. */
export const dropQuote = (): void => useRent.setState({ quote: null });

/** Without a kept key there is none, and nothing is said; a provider that cannot be reached is asked again later. */
export async function loadPods(): Promise<void> {
  try {
    useRent.setState({ pods: await core().pods.list() });
  } catch {
    // What is not known is not shown as none: the list stays as it was.
  }
}

export async function endPod(id: string, how: "stop" | "terminate"): Promise<void> {
  useRent.setState({ ending: id, problem: null });
  try {
    useRent.setState({ pods: await core().pods[how]({ id }) });
  } catch (thrown) {
    useRent.setState({ problem: reportOf(thrown) });
  } finally {
    useRent.setState({ ending: null });
  }
}

export async function loadVolumes(): Promise<void> {
  try {
    useRent.setState({ volumes: await core().volumes.list() });
  } catch {
    // The machine's own disk does as well.
  }
}

export async function loadReceipts(): Promise<void> {
  try {
    useRent.setState({ receipts: await core().receipts.list() });
  } catch (thrown) {
    useRent.setState({ problem: reportOf(thrown) });
  }
}
