import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { processPod } from "../../src/adapters/rehearsal/machines/process.ts";
import { realMachines } from "../../src/adapters/rehearsal/machines/real.ts";
import { RunpodAccount } from "../../src/adapters/rehearsal/runpod/account.ts";
import { serveRunpod } from "../../src/adapters/rehearsal/runpod/server.ts";
import { NO_DELAYS } from "../../src/adapters/rehearsal/runpod/world.ts";
import { Runpod } from "../../src/adapters/runpod/provider.ts";
import { systemClock } from "../../src/adapters/local/clock.ts";
import { SshConnector } from "../../src/adapters/ssh/connector.ts";
import type { Host, Pod } from "../../src/core/ports.ts";
import { namespacePods } from "./namespace-pod.ts";

/** Of the account. */
const KEY = "rpa_rehearsal";

/** A pretended account over HTTP whose machines are real, and a provider that asks it; without delays. */
export async function rehearsal(kind: "process" | "namespace") {
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-rehearsal-"));
  const identity = join(folder, "key");
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", identity]);
  const socket = join(folder, "api");
  let port = 0;
  const machines = realMachines(join(folder, "machines"), kind === "process" ? processPod : namespacePods({ api: () => ({ port, socket }) }));
  const account = new RunpodAccount({ clock: systemClock, key: KEY, machines, delays: NO_DELAYS });
  const server = await serveRunpod(account, socket);
  ({ port } = server);
  const provider = new Runpod({ key: async () => KEY, clock: systemClock, url: server.url });
  const order = { name: "ai-mentor-1", gpu: "NVIDIA RTX A5000", cloud: "community" as const, minCuda: null, dataCenters: [], publicKey: readFileSync(`${identity}.pub`, "utf8").trim(), disk: { kind: "own" as const, gigabytes: 10 } };
  const up = async (id: string): Promise<Pod> => {
    await expect.poll(() => provider.describe(id), { interval: 20 }).toMatchObject({ state: "running", ssh: expect.anything() });
    return (await provider.describe(id))!;
  };
  const connector = new SshConnector(join(folder, "known_hosts.json"), systemClock);
  /** By whatever key it shows. */
  const enter = async (pod: Pod): Promise<Host> => {
    const { user, host, port: at } = pod.ssh!;
    return new SshConnector(join(folder, `known-${Math.random()}.json`), systemClock).connect({ kind: "ssh", address: `${user}@${host}:${at}`, identity });
  };
  return {
    folder, account, provider, order, up, enter, connector,
    async [Symbol.asyncDispose]() {
      await server.close();
      await machines.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
