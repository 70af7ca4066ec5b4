import { execFileSync, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DIES_WITH_US, PLAIN_ENV, POLICY, SSHD } from "../../src/adapters/rehearsal/machines/container.ts";
import type { Launch } from "../../src/adapters/rehearsal/machines/real.ts";

const NEEDED = { [SSHD]: "openssh-server", "/usr/bin/unshare": "util-linux", "/usr/sbin/chroot": "coreutils" };

/** Why no such pods can be made here; null when they can. */
export const namespacePodsMissing: string | null =
  process.platform !== "linux"
    ? "network namespaces need Linux"
    : process.getuid!() !== 0
      ? "network namespaces need root"
      : (Object.entries(NEEDED).find(([path]) => !existsSync(path))?.[1].concat(" is not installed") ?? null);

/**
 * Runs as the first process of the namespaces; waits until its end of the cable is there. /etc is
 * this computer's, unchangeable, and the environment file beside it.
 */
const INIT = `
set -e
root=$1 address=$2 volume=$3 node=$4 forwarder=$5 port=$6 socket=$7
read -r go
for folder in usr dev; do mount --rbind "/$folder" "$root/$folder"; done
mount -t tmpfs tmpfs "$root/etc"
for entry in /etc/*; do
  if [ -d "$entry" ] && [ ! -L "$entry" ]; then mkdir "$root$entry"; mount --rbind "$entry" "$root$entry"; mount -o remount,bind,ro "$root$entry"
  else cp -a "$entry" "$root$entry"; fi
done
cp "$root/sshd/rp_environment" "$root/etc/rp_environment"
if [ -n "$volume" ]; then mount --bind "$volume" "$root/workspace"; fi
mount -t proc proc "$root/proc"
if [ -n "$address" ]; then
  ip link set lo up
  ip address add "$address/30" dev host0
  ip link set host0 up
fi
if [ -n "$port" ]; then "$node" "$forwarder" "$port" "$socket" & fi
exec chroot "$root" ${SSHD} -D -e -f /sshd/config
`;

const ROOT_FOLDERS = ["usr", "etc", "dev", "proc", "run/sshd", "root", "workspace", "var/tmp", "var/empty"];

export interface NamespacePodOptions {
  /** Where the API is that a pod asks with its own key: a port of its own loopback, and a socket file that leads there. */
  api?: () => { port: number; socket: string } | null;
  /** A network that is there already, for one pod at a time: the namespace's path, and the pod's address in it. Default: one of its own, with a cable to this computer. */
  network?: { path: string; host: string };
}

/** Pods with a network, a root folder, a /workspace and processes of their own; they reach this computer and nothing else. */
export function namespacePods({ api = () => null, network }: NamespacePodOptions = {}): Launch {
  const addresses = new Map<string, string>();
  return async ({ container: root, volume }, { podId, newAddress }) => {
    const subnet = (newAddress ? undefined : addresses.get(podId)) ?? `10.${randomInt(128, 256)}.${randomInt(256)}.${randomInt(64) * 4}`;
    addresses.set(podId, subnet);
    const [ours, theirs] = [nextAddress(subnet, 1), nextAddress(subnet, 2)];
    for (const name of ROOT_FOLDERS) mkdirSync(join(root, name), { recursive: true });
    for (const name of ["bin", "sbin", "lib", "lib32", "lib64"]) {
      if (existsSync(`/${name}`) && lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(root, name));
    }
    writeFileSync(join(root, "sshd", "config"), `Port 22\nHostKey /sshd/host_key\nAuthorizedKeysFile /sshd/authorized_keys\n${POLICY}Subsystem sftp internal-sftp\n`);
    const { port, socket } = api() ?? { port: "", socket: "" };
    const near = `aim${randomInt(0xffffff).toString(16)}`;
    const unshare = ["/usr/bin/unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"];
    const init = ["/bin/sh", "-c", INIT, "sh", root, network === undefined ? theirs : "", volume ?? "", process.execPath, FORWARDER, String(port), socket];
    const [program, ...words] = [...DIES_WITH_US, ...(network === undefined ? [...unshare, "--net"] : ["/usr/bin/nsenter", `--net=${network.path}`, ...unshare]), ...init];
    const child = spawn(program!, words, { stdio: ["pipe", "ignore", "pipe"], cwd: "/", env: PLAIN_ENV });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
    // A pod that ends before it begins is told by what it said, not by its input.
    child.stdin.on("error", () => undefined);
    const end = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    try {
      if (network === undefined) {
        await until(() => existsSync(`/proc/${child.pid}/ns/net`) && readlinkSync(`/proc/${child.pid}/ns/net`) !== readlinkSync("/proc/self/ns/net"), () => log);
        ip("link", "add", near, "type", "veth", "peer", "name", "host0", "netns", String(child.pid));
        // Without an IPv6 address of its own, which comes a second late: a browser drops what it is loading when the network changes.
        ip("link", "set", near, "addrgenmode", "none");
        ip("address", "add", `${ours}/30`, "dev", near);
        ip("link", "set", near, "up");
      }
      child.stdin.end("go\n");
      await until(() => log.includes("Server listening"), () => log);
      return { host: network?.host ?? theirs, port: 22, user: "root", pid: child.pid!, log: () => log, end };
    } catch (error) {
      await end();
      throw error;
    }
  };
}

const FORWARDER = join(import.meta.dirname, "forwarder.mjs");

const ip = (...words: string[]) => execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });

const nextAddress = (subnet: string, offset: number) => subnet.replace(/\d+$/, (last) => String(Number(last) + offset));

async function until(condition: () => boolean, log: () => string): Promise<void> {
  for (let wait = 0; !condition(); wait++) {
    if (wait > 1_000) throw new Error(`the pod did not start: ${log()}`);
    await sleep(10);
  }
}
