import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface SshdOptions {
  maxSessions?: number;
  /** sshd's own form, "start:rate:full". */
  maxStartups?: string;
  allowForwarding?: boolean;
  sftp?: boolean;
  /** PATH of whoever logs in; default: the system's. */
  path?: string;
}

/** A real OpenSSH server on the loopback, with keys and a folder of its own. */
export interface Sshd {
  port: number;
  user: string;
  /** `user@127.0.0.1:port` */
  address: string;
  /** Private key that it lets in. */
  identity: string;
  /** Folder of the test's own, removed by `stop`. */
  folder: string;
  /** $HOME of whoever logs in; empty at first. Their $TMPDIR is `tmp` in the folder, so that nothing outlives the test. */
  home: string;
  /** Ends the server with all its connections and starts it again on the same port. */
  restart(options?: SshdOptions): Promise<void>;
  /** Gives it a new identity; takes effect at the next restart. */
  swapHostKey(): void;
  /** `SHA256:…` of the present host key. */
  fingerprint(): string;
  /** What sshd has said so far. */
  log(): string;
  /** Ends every connection and leaves the server up. */
  dropConnections(): Promise<void>;
  stop(): Promise<void>;
}

/** Keys only, and nothing of this computer's own accounts and greetings. */
const SSHD_POLICY = `PidFile none
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PrintMotd no
`;

const SSHD = "/usr/sbin/sshd";
const SFTP_SERVER = "/usr/lib/openssh/sftp-server";

export const sshdMissing = existsSync(SSHD) ? null : "OpenSSH's server is not installed (apt-get install openssh-server)";

export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-sshd-"));
  const user = userInfo().username;
  const identity = join(folder, "user_key");
  const hostKey = join(folder, "host_key");
  makeKey(identity);
  makeKey(hostKey);
  const home = join(folder, "home");
  mkdirSync(home);
  mkdirSync(join(folder, "tmp"));
  copyFileSync(`${identity}.pub`, join(folder, "authorized_keys"));
  if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });

  let running: Running | undefined;
  let port = 0;
  for (let attempt = 0; running === undefined; attempt++) {
    port = await freePort();
    running = await launch(folder, port, options).catch((error: unknown) => {
      if (attempt < 4) return undefined; // another process was quicker to take the port
      throw error;
    });
  }
  let log = "";

  return {
    port,
    user,
    identity,
    folder,
    home,
    address: `${user}@127.0.0.1:${port}`,
    async restart(changed = options) {
      await endTree(running!.process);
      log += running!.log();
      running = await launch(folder, port, changed);
    },
    swapHostKey() {
      rmSync(hostKey);
      rmSync(`${hostKey}.pub`);
      makeKey(hostKey);
    },
    fingerprint: () => execFileSync("ssh-keygen", ["-lf", `${hostKey}.pub`], { encoding: "utf8" }).split(" ")[1]!,
    log: () => log + running!.log(),
    async dropConnections() {
      await endAll(descendants(running!.process.pid!));
    },
    async stop() {
      await endTree(running!.process);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Running {
  process: ChildProcess;
  log(): string;
}

async function launch(folder: string, port: number, { maxSessions = 10, maxStartups = "100:30:200", allowForwarding = true, sftp = true, path }: SshdOptions): Promise<Running> {
  const config = join(folder, "sshd_config");
  writeFileSync(
    config,
    `Port ${port}
ListenAddress 127.0.0.1
HostKey "${join(folder, "host_key")}"
AuthorizedKeysFile "${join(folder, "authorized_keys")}"
${SSHD_POLICY}MaxSessions ${maxSessions}
MaxStartups ${maxStartups}
SetEnv HOME=${join(folder, "home")} TMPDIR=${join(folder, "tmp")}${path === undefined ? "" : ` PATH="${path}"`}
AllowTcpForwarding ${allowForwarding ? "yes" : "no"}
AllowStreamLocalForwarding ${allowForwarding ? "yes" : "no"}
${sftp ? `Subsystem sftp ${SFTP_SERVER}` : ""}
`,
  );
  const child = spawn(SSHD, ["-D", "-e", "-f", config], { stdio: ["ignore", "ignore", "pipe"], detached: true });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  while (!log.includes("Server listening")) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`sshd did not start: ${log}`);
    await sleep(10);
  }
  return { process: child, log: () => log };
}

function makeKey(path: string): void {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ai-mentor-test", "-f", path]);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function endTree(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const children = descendants(child.pid!);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
  await endAll(children);
}

async function endAll(pids: number[]): Promise<void> {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      continue;
    }
  }
  while (pids.some(isAlive)) await sleep(5);
}

/** A zombie waits for its parent only; it runs no more. */
function isAlive(pid: number): boolean {
  const state = stat(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

/** All processes below `root`, children before grandchildren. */
export function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const parent = /^\d+$/.test(name) ? stat(Number(name))?.[1] : undefined;
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found.slice(1);
}

/** State, parent, … as /proc/PID/stat lists them after the program's name. */
function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
