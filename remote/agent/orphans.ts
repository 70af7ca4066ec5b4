import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SERVICE_NAMES, type ServiceName } from "../../src/contract/agent.ts";
import { readJson } from "./private-file.ts";
import { isSame, signalGroup, withEnvironment, type ProcessIdentity } from "./process-identity.ts";

/** What stands in `run/` about a running service, so that a killed agent's services can be found. */
export interface ServiceRecord extends ProcessIdentity {
  /** Value of SERVICE_MARK in the environment of the service and whatever it started. */
  mark: string;
  stopSignal: NodeJS.Signals;
}

export const SERVICE_MARK = "AI_MENTOR_SERVICE";

export function recordPath(run: string, name: ServiceName): string {
  return join(run, `${name}.process.json`);
}

/**
 * Stops what an agent that died left behind, politely first. Nothing is signalled that is not
 * proven to be ours: by its start time, or by the dead agent's mark in its environment.
 *
 * @returns the names of the services that still ran
 */
export async function stopOrphans(run: string, graceMs = 10_000): Promise<ServiceName[]> {
  const stopped = await Promise.all(SERVICE_NAMES.map((name) => stopOrphan(run, name, graceMs)));
  return SERVICE_NAMES.filter((_, index) => stopped[index]);
}

async function stopOrphan(run: string, name: ServiceName, graceMs: number): Promise<boolean> {
  const path = recordPath(run, name);
  const record = readJson<ServiceRecord>(path);
  if (record === null) return false;
  const alive = isSame(record);
  if (alive) {
    signalGroup(record.pid, record.stopSignal);
    const until = Date.now() + graceMs;
    while (isSame(record) && Date.now() < until) await sleep(50);
    if (isSame(record)) signalGroup(record.pid, "SIGKILL");
  }
  endMarked(record.mark);
  rmSync(path, { force: true });
  rmSync(join(run, `${name}.json`), { force: true });
  return alive;
}

/** Ends every process that carries the mark: members of a service that outlived their leader. */
export function endMarked(mark: string): void {
  for (const pid of withEnvironment(`${SERVICE_MARK}=${mark}`)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // Gone meanwhile.
    }
  }
}
