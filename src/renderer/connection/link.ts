import type { ContractRouterClient } from "@orpc/contract";
import type { Contract } from "../../contract/rpc.ts";

export type MentorClient = ContractRouterClient<Contract>;

/** One open way to the core. When it closes, it is gone for good and another is opened. */
export interface Link {
  client: MentorClient;
  /** Resolves when the way is closed, by whomever. */
  closed: Promise<void>;
}
