/** A link between a desktop and a pod, as the targets name it. */
export interface Profile {
  name: string;
  /** Mbit/s on the wire, both ways; 0 is a plain cable between two namespaces, without emulation. */
  rateMbit: number;
  rttMs: number;
  lossPercent: number;
  /** Size of the file in MiB where the caller names none. */
  sizeMib: number;
  /** Mbit/s of a mirror's line to the pod, where there is a mirror. */
  mirrorMbit?: number;
}

export const PROFILES: readonly Profile[] = [
  { name: "A", rateMbit: 0, rttMs: 0, lossPercent: 0, sizeMib: 2048 },
  { name: "B", rateMbit: 1000, rttMs: 20, lossPercent: 0, sizeMib: 2048 },
  { name: "C", rateMbit: 500, rttMs: 100, lossPercent: 0, sizeMib: 2048 },
  { name: "D", rateMbit: 200, rttMs: 150, lossPercent: 0.1, sizeMib: 1024 },
  { name: "E", rateMbit: 100, rttMs: 40, lossPercent: 1, sizeMib: 256 },
  { name: "M", rateMbit: 100, rttMs: 40, lossPercent: 0, sizeMib: 512, mirrorMbit: 1000 },
];

/** An Ethernet frame of 1,538 bytes on the wire carries 1,448 bytes of a TCP stream. */
const PAYLOAD_SHARE = 1448 / 1538;

/** What the link can carry of a file, in bytes per second; null where nothing limits it. */
export function payloadLimit({ rateMbit }: Pick<Profile, "rateMbit">): number | null {
  return rateMbit === 0 ? null : ((rateMbit * 1e6) / 8) * PAYLOAD_SHARE;
}

export function describeProfile({ rateMbit, rttMs, lossPercent, mirrorMbit }: Profile): string {
  const mirror = mirrorMbit === undefined ? "" : `, a mirror of ${mirrorMbit} Mbit/s`;
  return rateMbit === 0 ? "no limit" : `${rateMbit} Mbit/s, ${rttMs} ms, ${lossPercent} % loss${mirror}`;
}
