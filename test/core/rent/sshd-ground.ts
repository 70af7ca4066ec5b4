import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processPod } from "../../../src/adapters/rehearsal/machines/process.ts";
import { realMachines, type RealMachines } from "../../../src/adapters/rehearsal/machines/real.ts";
import type { RunpodAccount } from "../../../src/adapters/rehearsal/runpod/account.ts";
import { serveRunpod, type RunpodServer } from "../../../src/adapters/rehearsal/runpod/server.ts";
import { SshConnector } from "../../../src/adapters/ssh/connector.ts";
import type { Clock, Host, HostConnector, HostIdentity } from "../../../src/core/ports.ts";

/** What a rented world stands on when its machines are real sshds: time goes on only when nothing real is under way. */
export class SshdGround {
  readonly machines: RealMachines;
  readonly appKey: { path: string; publicKey: string };
  readonly #folder = mkdtempSync(join(tmpdir(), "ai-mentor-ground-"));
  #server: RunpodServer | null = null;
  #underWay = 0;
  #hosts: Host[] = [];

  constructor() {
    const path = join(this.#folder, "key");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", path]);
    this.appKey = { path, publicKey: readFileSync(`${path}.pub`, "utf8").trim() };
    this.machines = realMachines(join(this.#folder, "machines"), processPod);
  }

  /** Where the machines reach the account. */
  async serve(account: RunpodAccount): Promise<string> {
    this.#server = await serveRunpod(account);
    return this.#server.url;
  }

  /** Real connections, and a count of what is asked over them. */
  connector(clock: Clock): HostConnector {
    const ssh = new SshConnector(join(this.#folder, "known_hosts.json"), clock);
    return {
      connect: async (choice, signal, options) => {
        const host = await this.#count(() => ssh.connect(choice, signal, { ...options, knownAs: this.#whileTimePasses(options?.knownAs) }));
        this.#hosts.push(host);
        const exec = host.exec.bind(host);
        host.exec = (...asked) => this.#count(() => exec(...asked));
        return host;
      },
    };
  }

  /** The computer has crashed: what it had open is closed. */
  async hangUp(): Promise<void> {
    await Promise.all(this.#hosts.splice(0).map((host) => host.close()));
  }

  /** Resolves when no machine starts or ends, and nothing is asked over a connection. */
  async settled(): Promise<void> {
    do {
      await this.machines.settled();
      while (this.#underWay > 0) await sleep(2);
    } while (this.#underWay > 0);
  }

  /** Machines in whose home a process lives. */
  inhabited(): Set<string> {
    const base = `HOME=${join(this.#folder, "machines", "pods")}/`;
    return new Set(
      readdirSync("/proc").flatMap((pid) => {
        const found = /^\d+$/.test(pid) ? readIfThere(`/proc/${pid}/environ`).split("\0").find((entry) => entry.startsWith(base)) : undefined;
        return found === undefined ? [] : [found.slice(base.length).split("/")[0]!];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hangUp();
    await this.#server?.close();
    await this.machines.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The log that a log-in waits for falls silent only when time goes on. */
  #whileTimePasses(identity: HostIdentity | undefined): HostIdentity | undefined {
    if (identity === undefined) return undefined;
    const fingerprints = async (shown: string) => {
      this.#underWay--;
      try {
        return await identity.fingerprints(shown);
      } finally {
        this.#underWay++;
      }
    };
    return { ...identity, fingerprints };
  }

  async #count<Value>(work: () => Promise<Value>): Promise<Value> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#underWay--;
    }
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
