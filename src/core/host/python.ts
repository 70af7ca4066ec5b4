import { MentorError } from "../../contract/errors.ts";
import type { Host } from "../ports.ts";
import { probeHost } from "./probe.ts";
import type { HostReport } from "./report.ts";

/** What apt asks nobody for. */
const APT = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "Dpkg::Use-Pty=0", "-o", "Acquire::Retries=2"] as const;

/**
 * The course store needs Python. A host that has none gets it from its own package client, where
 * the account may use it, before anything of ours is sent. Resolves with the host's new report.
 *
 * @throws MentorError python-missing when the host has no such client, or it fails
 */
export async function bringPython(host: Host, report: HostReport, signal: AbortSignal, say: (text: string) => void): Promise<HostReport> {
  if (report.python !== null) return report;
  const missing = (reason: string, cause?: Error) => new MentorError("python-missing", `${host.label} has no Python from 3.10 to 3.13, which the course store needs${reason}.`, { cause });
  if (report.packageClient === null) throw missing("");
  for (const words of [["update"], ["install", "-y", "--no-install-recommends", "python3"]]) {
    say(`Python is missing: apt-get ${words[0]}`);
    const result = await host.exec([...APT, ...words], { signal });
    if (result.exitCode !== 0) throw missing(", and its package client could not bring it", new Error(result.stderr.trim().split("\n").slice(-5).join("\n")));
  }
  const after = await probeHost(host, signal);
  if (after.python === null) throw missing("; the one that its package client brought does not fit");
  return after;
}
