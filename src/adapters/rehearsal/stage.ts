import { randomInt } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import type { RehearsalFault } from "../../contract/rehearsal.ts";
import type { Clock } from "../../core/ports.ts";
import { endLeftPods, processPod, processPodsMissing } from "./machines/process.ts";
import { realMachines } from "./machines/real.ts";
import { RunpodAccount } from "./runpod/account.ts";
import type { Fault } from "./runpod/faults.ts";
import { serveRunpod } from "./runpod/server.ts";

/** A Runpod of this computer's own, with money that is none and machines that are sshds of this user. */
export interface Stage {
  account: RunpodAccount;
  /** Of its API, without `/v2`. */
  url: string;
  key: string;
  /** Ends every machine, and removes what they left. */
  close(): Promise<void>;
}

/** Real pods take minutes; in a rehearsal each state is there to be seen. Milliseconds. */
const DELAYS = { provisioning: 1_500, starting: 3_000, port: 1_000 };

const FAULTS: Record<RehearsalFault, Fault[]> = {
  "no-capacity": [{ kind: "no-capacity", times: 2 }],
  "answer-lost": [{ kind: "answer-lost", on: "createPod" }],
  busy: [{ kind: "refusal", status: 429, retryAfterSeconds: 3, times: 3 }],
  unreachable: [{ kind: "request-lost", on: "getPod", times: 4 }],
  "port-late": [{ kind: "port-late", ms: 10_000 }],
  // Of the network, not of the provider.
  "ssh-blocked": [],
  "host-key-changed": [{ kind: "host-key-swapped" }],
  "laptop-gone": [],
};

/** Throws `rehearsal-unavailable`. All that it needs lies under `folder`, which it empties first. */
export async function openStage({ folder, clock, fault }: { folder: string; clock: Clock; fault: RehearsalFault | null }): Promise<Stage> {
  if (processPodsMissing !== null) throw new MentorError("rehearsal-unavailable", processPodsMissing);
  await endLeftPods(join(folder, "machines"));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = `rpa_rehearsal_${randomInt(2 ** 40).toString(36)}`;
  const machines = realMachines(join(folder, "machines"), processPod);
  const account = new RunpodAccount({ clock, key, machines, delays: DELAYS, seed: randomInt(2 ** 32) });
  if (fault !== null) account.faults.add(...FAULTS[fault]);
  const server = await serveRunpod(account);
  return {
    account,
    url: server.url,
    key,
    async close() {
      await server.close();
      await machines.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}
