import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../local/free-port.ts";
import { configureProcess, DIES_WITH_US, PLAIN_ENV, readIfThere, SSHD } from "./container.ts";
import type { Launch } from "./real.ts";

/** Why no pods can be rehearsed on this computer; null when they can. */
export const processPodsMissing: string | null =
  process.platform !== "linux" ? "A rented machine runs Linux, so its rehearsal needs Linux, too." : existsSync(SSHD) ? null : "OpenSSH's server is not installed (apt-get install openssh-server); it need not run.";

/**
 * A pod that is an sshd of this user on the loopback. It sees this computer's files, but works in a
 * home of its own, and every process that was started in it ends with it.
 */
export const processPod: Launch = async (folders, { newAddress }) => {
  // All of 127.0.0.0/8 is this computer: so a pod can move to another address.
  const host = newAddress ? `127.${randomInt(1, 255)}.${randomInt(256)}.${randomInt(1, 255)}` : "127.0.0.1";
  const { username, uid } = userInfo();
  if (uid === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  for (let attempt = 0; ; attempt++) {
    const port = await freePort(0);
    const config = await configureProcess(folders, { host, port });
    const home = join(folders.container, "home");
    const said = await listening(config, home);
    if (typeof said !== "string") return { host, port, user: username, ...said, end: () => endAll(said.pid, join(folders.container, "/")) };
    if (attempt >= 4) throw new Error(`sshd did not start: ${said}`);
  }
};

/** The process once it listens, or what it said instead. */
async function listening(config: string, home: string): Promise<{ pid: number; log(): string } | string> {
  const [program, ...words] = [...DIES_WITH_US, SSHD, "-D", "-e", "-f", config];
  // Its own home tells it, and each connection's process, from every other program.
  const child = spawn(program!, words, { stdio: ["ignore", "ignore", "pipe"], detached: true, env: { ...PLAIN_ENV, HOME: home } });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  while (!log.includes("Server listening")) {
    if (child.exitCode !== null || child.signalCode !== null) return log;
    await sleep(10);
  }
  child.unref();
  return { pid: child.pid!, log: () => log };
}

/** Ends what an earlier rehearsal has left running under the folder: it was ended before it could end its pods. */
export const endLeftPods = (base: string): Promise<void> => endAll(null, join(base, "pods", "/"));

/** Ends sshd, and whatever has its home under the folder, however far it has gone from its parent. */
async function endAll(sshd: number | null, folder: string): Promise<void> {
  // A connection's own process has painted over its environment and its words, and is known by its parent alone.
  if (sshd !== null) for (const pid of [sshd, ...(await childrenOf(sshd))]) kill(pid);
  for (let found = await livingIn(folder); found.length > 0; found = await livingIn(folder)) {
    for (const pid of found) kill(pid);
    await sleep(10);
  }
}

async function childrenOf(parent: number): Promise<number[]> {
  const lists = await Promise.all((await readdir(`/proc/${parent}/task`).catch(() => [])).map((thread) => readIfThere(`/proc/${parent}/task/${thread}/children`)));
  return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has gone by itself.
  }
}

/** By their home; or, for an sshd, which paints over that, by the configuration that it names. */
async function livingIn(folder: string): Promise<number[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const mine = await Promise.all(
    pids.map(async (pid) => {
      const home = (await readIfThere(`/proc/${pid}/environ`)).includes(`HOME=${folder}`);
      return home || (await readIfThere(`/proc/${pid}/cmdline`)).includes(`-f ${folder}`) ? [Number(pid)] : [];
    }),
  );
  return mine.flat();
}
