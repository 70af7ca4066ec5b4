import type { ContractRouterClient } from "@orpc/contract";
import { MentorError } from "../../contract/errors.ts";
import type { Contract } from "../../contract/rpc.ts";
import { fromWire } from "./failure.ts";

export type CoreClient = ContractRouterClient<Contract>;

export interface CoreConnection {
  client: CoreClient;
  /** Resolves when the core has gone away. */
  closed: Promise<void>;
  close(): void;
}

export type ConnectCore = (options: { startIfMissing: boolean }) => Promise<CoreConnection>;

/**
 * Does something with this user's core, which is started where none runs: it alone knows whether a
 * crash has left a session to adopt. Rejects with the core's own error, and with `core-unreachable`
 * when the core goes away meanwhile.
 */
export async function withCore<Result>(connect: ConnectCore, work: (client: CoreClient) => Promise<Result>): Promise<Result> {
  const core = await connect({ startIfMissing: true });
  const gone = core.closed.then(() => {
    throw new MentorError("core-unreachable", "The app's background process ended while this command was waiting for it.");
  });
  const result = work(core.client);
  // Whichever of the two comes second has nobody left to tell.
  gone.catch(() => undefined);
  result.catch(() => undefined);
  try {
    return await Promise.race([result, gone]);
  } catch (thrown) {
    throw fromWire(thrown);
  } finally {
    core.close();
  }
}
