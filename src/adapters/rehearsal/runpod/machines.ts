/** What a container is started with. */
export interface MachineOrder {
  podId: string;
  /** All of the container's environment. */
  env: Readonly<Record<string, string>>;
  /** Name of what is mounted at /workspace and survives the container; null for nothing. */
  volume: string | null;
  /** Counts this pod's starts, from 1. A start wipes everything but the volume: host keys are new. */
  start: number;
  /** It must not be where it was before. */
  newAddress: boolean;
}

/** A container that has come up. */
export interface Machine {
  host: string;
  port: number;
  user: string;
  /** `SHA256:…` of its host keys. */
  fingerprints: string[];
}

/** What pods run on: real processes, or paper. Calls come in order for one pod. */
export interface Machines {
  /** Calls back once sshd listens, perhaps before it returns; or with the reason why it never will. */
  boot(order: MachineOrder, up: (machine: Machine) => void, failed: (reason: string) => void): void;
  /** Ends everything that runs in the container and wipes it; the volume is kept. */
  halt(podId: string): void;
  /** The volume is deleted. */
  removeVolume(volume: string): void;
  /** Resolves when all that was asked has been done. */
  settled(): Promise<void>;
}

/** Machines on paper, for tests on a clock: up at once, and nobody can connect. */
export function paperMachines(): Machines {
  const addresses = new Map<string, number>();
  let next = 0;
  return {
    boot({ podId, start, newAddress }, up) {
      const address = newAddress ? undefined : addresses.get(podId);
      if (address === undefined) addresses.set(podId, ++next);
      const number = addresses.get(podId)!;
      up({ host: `192.0.2.${1 + (number % 254)}`, port: 20_000 + ((number * 131 + start * 17) % 20_000), user: "root", fingerprints: [`SHA256:${`${podId}${start}`.padEnd(43, "A")}`] });
    },
    halt: () => undefined,
    removeVolume: () => undefined,
    settled: async () => undefined,
  };
}
