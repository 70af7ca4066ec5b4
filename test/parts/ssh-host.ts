import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync, lstatSync } from "node:fs";
import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SSHD_POLICY } from "./sshd.ts";

/**
 * A rented machine in small: sshd in its own network, mount and process namespaces, with a root
 * folder of its own. Of this computer it sees only /usr, /etc (read-only) and /dev; it has an empty
 * home and an empty /workspace, and no route anywhere but to this computer.
 */
export interface SshHostPart {
  /** `root@10.…:22` */
  address: string;
  identity: string;
  /** Folder on this computer that is the host's `/`, to look at what landed there. */
  root: string;
  /** Command lines of the host's processes, sshd's own left out. */
  processes(): string[];
  log(): string;
  /** Ends everything that runs on it, and removes it without a trace. */
  stop(): Promise<void>;
}

const NEEDED = { "/usr/sbin/sshd": "openssh-server", "/usr/bin/unshare": "util-linux", "/usr/sbin/chroot": "coreutils" };

/** Why it cannot be made here; null when it can. */
export const sshHostMissing: string | null =
  process.platform !== "linux"
    ? "network namespaces need Linux"
    : process.getuid!() !== 0
      ? "network namespaces need root"
      : (Object.entries(NEEDED).find(([path]) => !existsSync(path))?.[1].concat(" is not installed") ?? null);

/** Runs as the first process of the namespaces; waits until its end of the cable is there. */
const INIT = `
set -e
root=$1 address=$2
read -r go
for folder in usr etc dev; do mount --rbind "/$folder" "$root/$folder"; done
mount -o remount,bind,ro "$root/etc"
mount -t proc proc "$root/proc"
ip link set lo up
ip address add "$address/30" dev host0
ip link set host0 up
exec chroot "$root" /usr/sbin/sshd -D -e -f /sshd/config
`;

export async function startSshHost(): Promise<SshHostPart> {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-host-"));
  const root = join(folder, "root");
  for (const name of ["usr", "etc", "dev", "proc", "sshd", "run/sshd", "root", "workspace", "var/tmp", "var/empty"]) mkdirSync(join(root, name), { recursive: true });
  mkdirSync(join(root, "tmp"), { mode: 0o1777 });
  for (const name of ["bin", "sbin", "lib", "lib32", "lib64"]) {
    if (existsSync(`/${name}`) && lstatSync(`/${name}`).isSymbolicLink()) symlinkSync(readlinkSync(`/${name}`), join(root, name));
  }
  const identity = join(folder, "user_key");
  for (const path of [identity, join(root, "sshd", "host_key")]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ai-mentor-test", "-f", path]);
  copyFileSync(`${identity}.pub`, join(root, "sshd", "authorized_keys"));
  writeFileSync(
    join(root, "sshd", "config"),
    `Port 22
HostKey /sshd/host_key
AuthorizedKeysFile /sshd/authorized_keys
${SSHD_POLICY}PrintLastLog no
UseDNS no
Subsystem sftp internal-sftp
`,
  );

  const near = `aim${randomInt(0xffffff).toString(16)}`;
  const subnet = `10.${randomInt(128, 256)}.${randomInt(256)}.${randomInt(64) * 4}`;
  const [ours, theirs] = [nextAddress(subnet, 1), nextAddress(subnet, 2)];
  // Whatever ends this process ends the namespaces, and with them everything in them.
  const guard = existsSync("/usr/bin/setpriv") ? ["/usr/bin/setpriv", "--pdeathsig", "KILL"] : [];
  const [program, ...words] = [...guard, "/usr/bin/unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private", "/bin/sh", "-c", INIT, "sh", root, theirs];
  const child = spawn(program!, words, { stdio: ["pipe", "ignore", "pipe"], cwd: "/", env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" } });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));

  const part: SshHostPart = {
    address: `root@${theirs}:22`,
    identity,
    root,
    processes: () => processesInside(child.pid!),
    log: () => log,
    async stop() {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    },
  };
  try {
    await until(() => existsSync(`/proc/${child.pid}/ns/net`) && readlinkSync(`/proc/${child.pid}/ns/net`) !== readlinkSync("/proc/self/ns/net"), () => `no namespace: ${log}`);
    ip("link", "add", near, "type", "veth", "peer", "name", "host0", "netns", String(child.pid));
    ip("address", "add", `${ours}/30`, "dev", near);
    ip("link", "set", near, "up");
    child.stdin.end("go\n");
    await until(() => log.includes("Server listening"), () => `the host did not start: ${log}`);
    return part;
  } catch (error) {
    await part.stop();
    throw error;
  }
}

const ip = (...words: string[]) => execFileSync("ip", words, { stdio: ["ignore", "ignore", "pipe"] });

const nextAddress = (subnet: string, offset: number) => subnet.replace(/\d+$/, (last) => String(Number(last) + offset));

async function until(condition: () => boolean, failure: () => string): Promise<void> {
  for (let wait = 0; !condition(); wait++) {
    if (wait > 1_000) throw new Error(failure());
    await sleep(10);
  }
}

/** All processes of the namespace that `unshare` made for its child. */
function processesInside(unshare: number): string[] {
  const space = readlinkSync(`/proc/${unshare}/ns/pid_for_children`);
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (readlinkSync(`/proc/${name}/ns/pid`) !== space) return [];
      const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0").filter(Boolean);
      return words.length === 0 || /sshd/.test(words[0]!) ? [] : [words.join(" ")];
    } catch {
      return []; // it ended meanwhile
    }
  });
}
