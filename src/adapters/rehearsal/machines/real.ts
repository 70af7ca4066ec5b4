import { rm } from "node:fs/promises";
import { InTurn } from "../../../core/in-turn.ts";
import type { Machine, MachineOrder, Machines } from "../runpod/machines.ts";
import { foldersOf, freshContainer, type ContainerFolders } from "./container.ts";

/** A container that runs. */
export interface RunningContainer {
  host: string;
  port: number;
  user: string;
  /** The process that holds it together. */
  pid: number;
  /** What its sshd has said so far. */
  log(): string;
  /** Ends every process in it. */
  end(): Promise<void>;
}

/** Starts sshd in a container that has been made ready. */
export type Launch = (folders: ContainerFolders, order: MachineOrder) => Promise<RunningContainer>;

/** Machines with a real sshd each. All that they are lies under `base`. */
export interface RealMachines extends Machines {
  /** Ends them all, and removes what they left. */
  close(): Promise<void>;
}

export function realMachines(base: string, launch: Launch): RealMachines {
  const running = new Map<string, { container: RunningContainer; folders: ContainerFolders }>();
  // One pod's starts and ends come one after the other, and a volume is not deleted under a pod that still ends.
  const turn = new InTurn();

  const end = async (podId: string): Promise<void> => {
    const there = running.get(podId);
    if (there === undefined) return;
    running.delete(podId);
    await there.container.end();
    await rm(there.folders.container, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  };

  const boot = async (order: MachineOrder): Promise<Machine> => {
    await end(order.podId);
    const folders = foldersOf(base, order);
    const fingerprints = await freshContainer(folders, order);
    const container = await launch(folders, order);
    running.set(order.podId, { container, folders });
    return { host: container.host, port: container.port, user: container.user, fingerprints };
  };

  return {
    boot(order, up, failed) {
      turn.run(() => boot(order)).then(up, (error: unknown) => failed(error instanceof Error ? error.message : String(error)));
    },
    halt: (podId) => void turn.run(() => end(podId)),
    removeVolume: (volume) => void turn.run(() => rm(foldersOf(base, { podId: "", volume }).volume!, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })),
    settled: () => turn.run(async () => undefined),
    async close() {
      await turn.run(async () => {
        for (const podId of running.keys()) await end(podId);
      });
      await rm(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
}
