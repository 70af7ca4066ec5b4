import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { netemLink, netemMissing } from "./netem-link.ts";
import type { Profile } from "./profiles.ts";

/** A desktop and a pod in network namespaces of their own, with a real sshd in the pod. */
export interface Link {
  deskNamespace: string;
  podNamespace: string;
  host: string;
  port: number;
  user: string;
  /** Path of the private key that opens the pod. */
  privateKey: string;
  /** Path of an OpenSSH known_hosts file. */
  knownHosts: string;
  stop(): Promise<void>;
}

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");

/** The emulator of links for kernels without netem, where it is at hand. */
const linkLab = (): string | null => [process.env.AI_MENTOR_LINK_LAB, join(ROOT, "../shared/tools/link-lab")].find((path) => path && existsSync(path)) ?? null;

/** Why this computer cannot make the link; null when it can. */
export function linkMissing(profile: Profile): string | null {
  if (process.platform !== "linux" || process.getuid!() !== 0) return "network namespaces need Linux and root";
  return linkLab() === null ? netemMissing(profile) : null;
}

export async function startLink(profile: Profile): Promise<Link> {
  const lab = linkLab();
  if (lab === null) return netemLink(profile);
  const { rateMbit, rttMs, lossPercent } = profile;
  const emulation = rateMbit === 0 ? [] : ["--rtt-ms", String(rttMs), "--loss-pct", String(lossPercent)];
  const { stdout } = await run(lab, ["up", "--rate-mbit", String(rateMbit), ...emulation]);
  const { dir, ...link } = JSON.parse(stdout) as Omit<Link, "stop"> & { dir: string };
  return {
    ...link,
    async stop() {
      await run(lab, ["down", dir]);
    },
  };
}
