import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Link } from "./link.ts";
import type { Profile } from "./profiles.ts";

/** What either end calls its end of the link, whoever emulates it. */
export const CABLE = "link0";
const [DESK, POD, PORT] = ["10.78.1.1", "10.78.1.2", 2222];
const SSHD = "/usr/sbin/sshd";
const SFTP = "/usr/lib/openssh/sftp-server";
/** One end's queue, in packets: a quarter of a second at the fastest profile. */
const QUEUE_PACKETS = 20_000;

/** Why this computer cannot make the link; null when it can. */
export function netemMissing({ rateMbit, name }: Profile): string | null {
  const missing = ["ip", "tc", "ssh-keygen"].find((program) => !["/usr/sbin", "/sbin", "/usr/bin", "/bin"].some((folder) => existsSync(join(folder, program)))) ?? (existsSync(SSHD) ? undefined : SSHD);
  if (missing !== undefined) return `${missing} is not installed`;
  return rateMbit > 0 && !kernelHasNetem() ? `profile ${name} needs netem, which this kernel lacks` : null;
}

let hasNetem: boolean | undefined;

/** Only a try tells: the module may be built in, loadable or missing. */
function kernelHasNetem(): boolean {
  const namespace = `ai-mentor-try-${process.pid}`;
  if (hasNetem !== undefined) return hasNetem;
  ip("netns", "add", namespace);
  try {
    inside(namespace, "tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", "1ms");
    hasNetem = true;
  } catch {
    hasNetem = false;
  } finally {
    ip("netns", "delete", namespace);
  }
  return hasNetem;
}

/** Two namespaces and a veth pair; each end delays and limits what it sends. */
export async function netemLink({ rateMbit, rttMs, lossPercent }: Profile): Promise<Link> {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-link-"));
  const [desk, pod] = [`desk-${process.pid}`, `pod-${process.pid}`];
  const made: string[] = [];
  let sshd: ReturnType<typeof spawn> | undefined;
  const stop = async () => {
    if (sshd?.exitCode === null && sshd.kill()) await once(sshd, "exit");
    for (const namespace of made) ip("netns", "delete", namespace);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const namespace of [desk, pod]) {
      ip("netns", "add", namespace);
      made.push(namespace);
      ip("-n", namespace, "link", "set", "lo", "up");
    }
    ip("-n", desk, "link", "add", CABLE, "type", "veth", "peer", "name", CABLE, "netns", pod);
    for (const [namespace, address] of [[desk, DESK], [pod, POD]] as const) {
      ip("-n", namespace, "address", "add", `${address}/24`, "dev", CABLE);
      ip("-n", namespace, "link", "set", CABLE, "up");
      if (rateMbit === 0) continue;
      const loss = lossPercent === 0 ? [] : ["loss", `${lossPercent}%`];
      inside(namespace, "tc", "qdisc", "add", "dev", CABLE, "root", "netem", "limit", String(QUEUE_PACKETS), "delay", `${rttMs / 2}ms`, ...loss, "rate", `${rateMbit}mbit`);
    }
    for (const name of ["user_key", "host_key"]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(folder, name)]);
    copyFileSync(join(folder, "user_key.pub"), join(folder, "authorized_keys"));
    writeFileSync(join(folder, "known_hosts"), `[${POD}]:${PORT} ${readFileSync(join(folder, "host_key.pub"), "utf8")}`);
    writeFileSync(
      join(folder, "sshd_config"),
      `Port ${PORT}
ListenAddress ${POD}
HostKey ${join(folder, "host_key")}
AuthorizedKeysFile ${join(folder, "authorized_keys")}
PidFile none
StrictModes no
PasswordAuthentication no
UsePAM no
PrintMotd no
Subsystem sftp ${existsSync(SFTP) ? SFTP : "internal-sftp"}
`,
    );
    mkdirSync("/run/sshd", { recursive: true });
    let log = "";
    sshd = spawn("ip", ["netns", "exec", pod, SSHD, "-D", "-e", "-f", join(folder, "sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
    sshd.stderr!.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-4_000)));
    for (let wait = 0; !log.includes("Server listening"); wait++) {
      if (wait > 500 || sshd.exitCode !== null) throw new Error(`sshd did not start: ${log}`);
      await sleep(20);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { deskNamespace: desk, podNamespace: pod, host: POD, port: PORT, user: "root", privateKey: join(folder, "user_key"), knownHosts: join(folder, "known_hosts"), stop };
}

const ip = (...words: string[]) => execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });

const inside = (namespace: string, ...words: string[]) => ip("netns", "exec", namespace, ...words);
