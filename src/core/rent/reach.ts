import { MentorError } from "../../contract/errors.ts";

/** What a try to open a TCP connection comes to. */
export type Reached = "open" | "refused" | "silent";
export type Reach = (host: string, port: number, signal?: AbortSignal) => Promise<Reached>;

/** SSH servers of large public services, which are as good as always open. */
export const KNOWN_OPEN = [
  { host: "ssh.runpod.io", port: 22 },
  { host: "github.com", port: 22 },
] as const;

/** Whether this network lets no SSH out, as far as it can be told: no server that is always there answers. */
export async function letsNoSshOut(reach: Reach, signal: AbortSignal): Promise<boolean> {
  const known = await Promise.all(KNOWN_OPEN.map((each) => reach(each.host, each.port, signal).catch(() => "silent" as const)));
  return known.every((each) => each === "silent");
}

/**
 * Why a running machine whose SSH port is open to the world cannot be reached from here. The provider
 * says that it is up, so if other SSH servers are silent too, it is this network that lets none out.
 */
export async function whySilent(reach: Reach, { host, port }: { host: string; port: number }, signal: AbortSignal, cause?: unknown): Promise<MentorError> {
  if (await letsNoSshOut(reach, signal)) {
    return new MentorError("ssh-blocked", `Runpod says that the machine is up at ${host}:${port}, but neither it nor any other SSH server answers from this network.`, { cause });
  }
  if ((await reach(host, port, signal).catch(() => "silent" as const)) === "silent") {
    return new MentorError("ssh-blocked", `Runpod says that the machine is up at ${host}:${port}, and other SSH servers answer, but not this one: this network may let SSH out on port 22 alone.`, {
      advice: "Use another network (a phone's hotspot will do) and press Retry. If that does not help either, Cancel gives the machine back, and the next start finds another.",
      cause,
    });
  }
  return new MentorError("pod-not-up", `The machine answers at ${host}:${port}, but no SSH server does.`, { cause });
}
