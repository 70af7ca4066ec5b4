import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { foldersOf, freshContainer } from "../../src/adapters/rehearsal/machines/container.ts";
import { namespacePods, namespacePodsMissing } from "./namespace-pod.ts";

/**
 * A rented machine in small: sshd in its own network, mount and process namespaces, with a root
 * folder of its own. Of this computer it sees only /usr, /etc (read-only) and /dev; it has an empty
 * home and an empty /workspace, and no route anywhere but to this computer.
 */
export interface SshHostPart {
  /** `root@10.…:22` */
  address: string;
  identity: string;
  /** This computer's address in the host's network. */
  computer: string;
  /** Folder on this computer that is the host's `/`, to look at what landed there. */
  root: string;
  /** Command lines of the host's processes, sshd's own left out. */
  processes(): string[];
  log(): string;
  /** Ends everything that runs on it, and removes it without a trace. */
  stop(): Promise<void>;
}

/** Why it cannot be made here; null when it can. */
export const sshHostMissing = namespacePodsMissing;

export async function startSshHost(): Promise<SshHostPart> {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-host-"));
  const clean = () => rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  try {
    const identity = join(folder, "user_key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ai-mentor-test", "-f", identity]);
    const order = { podId: "host", env: { PUBLIC_KEY: readFileSync(`${identity}.pub`, "utf8").trim() }, volume: null, start: 1, newAddress: false };
    const folders = foldersOf(folder, order);
    await freshContainer(folders, order);
    const host = await namespacePods()(folders, order);
    return {
      address: `${host.user}@${host.host}:${host.port}`,
      identity,
      // The other end of its cable (namespace-pod.ts).
      computer: host.host.replace(/\d+$/, (last) => String(Number(last) - 1)),
      root: folders.container,
      processes: () => processesInside(host.pid),
      log: host.log,
      async stop() {
        await host.end();
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
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
