import { steadyRate, type Measured } from "./measure.ts";
import { payloadLimit, type Profile } from "./profiles.ts";

/** One profile, tool and round. Rates in MB (10⁶ bytes) per second; null where it cannot be said. */
export interface Row {
  profile: string;
  tool: string;
  /** From 1; only where there were several. */
  round?: number;
  /** Bytes that arrived; all of the file unless it timed out or failed. */
  bytes: number;
  seconds: number;
  mbPerSecond: number;
  /** Between a fifth and four fifths of the file. */
  steadyMbPerSecond: number | null;
  /** Of what the link can carry of a file, whole run. */
  shareOfLimit: number | null;
  /** On the desktop's side, all processes. */
  cpuSecondsPerGb: number | null;
  peakRssMb: number;
  /** The file that arrived was compared byte by byte. */
  verified: boolean;
  timedOut?: true;
  /** Why it ended without the file. */
  failure?: string;
}

export function toRow(profile: Profile, tool: string, total: number, arrived: number, verified: boolean, measured: Measured): Row {
  const { seconds, timedOut, exitCode, cpuSeconds, peakRssBytes, samples, output } = measured;
  const bytes = verified ? total : Math.min(arrived, total);
  const limit = payloadLimit(profile);
  const steady = steadyRate(samples, total);
  const failed = !timedOut && (exitCode !== 0 || !verified);
  return {
    profile: profile.name,
    tool,
    bytes,
    seconds: round(seconds, 3),
    mbPerSecond: round(bytes / seconds / 1e6, 3),
    steadyMbPerSecond: steady === null ? null : round(steady / 1e6, 3),
    shareOfLimit: limit === null ? null : round(bytes / seconds / limit, 4),
    cpuSecondsPerGb: bytes === 0 || Number.isNaN(cpuSeconds) ? null : round(cpuSeconds / (bytes / 1e9), 2),
    peakRssMb: round(peakRssBytes / 1e6, 1),
    verified,
    ...(timedOut && { timedOut }),
    ...(failed && { failure: exitCode === 0 ? "the file that arrived is another one" : output.trim().slice(-300) || `exit code ${exitCode}` }),
  };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
