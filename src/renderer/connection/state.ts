import { create } from "zustand";
import type { AppInfo } from "../../contract/rpc.ts";
import type { MentorClient } from "./link.ts";

/**
 * `no-token`: opened without the address that the app prints. `unreachable`: nobody answered from
 * the first moment on. `lost`: it was there, and is tried again.
 */
export type ConnectionStatus = "connecting" | "open" | "lost" | "unreachable" | "no-token";

interface ConnectionStore {
  status: ConnectionStatus;
  /** Failed attempts in a row. */
  failures: number;
  client: MentorClient | null;
  info: AppInfo | null;
}

export const useConnection = create<ConnectionStore>(() => ({ status: "connecting", failures: 0, client: null, info: null }));
