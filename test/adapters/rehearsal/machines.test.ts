import { existsSync, readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, test, type TestContext } from "vitest";
import { namespacePodsMissing } from "../../parts/namespace-pod.ts";
import { rehearsal } from "../../parts/rehearsal.ts";
import { endLeftPods, processPodsMissing } from "../../../src/adapters/rehearsal/machines/process.ts";
import type { Host } from "../../../src/core/ports.ts";

const sh = async (host: Host, script: string) => (await host.exec(["/bin/sh"], { input: script })).stdout.trim();

const missing = { process: processPodsMissing, namespace: namespacePodsMissing };

describe.each(["process", "namespace"] as const)("a pod that is a %s", (kind) => {
  const need = (context: TestContext) => missing[kind] === null || context.skip(missing[kind]);
  /** Where the app works on such a pod. */
  const workspace = kind === "process" ? "$HOME/ai-mentor-workspace" : "/workspace";

  test("lets in the ordered key, keeps its volume over a stop, and is new in all else", async (context) => {
    need(context);
    await using world = await rehearsal(kind);
    const { provider, order, up, enter, account, folder } = world;
    const { id } = await provider.create(order);
    const first = await up(id);
    const keys = await provider.hostKeys(id);
    expect(keys).toEqual(account.pod(id)!.machine!.fingerprints);
    let host = await enter(first);
    expect(await sh(host, `echo kept > ${workspace}/model; echo lost > $HOME/lost; cat ${workspace}/model`)).toBe("kept");
    expect(await sh(host, '. "${RP_ENVIRONMENT:-/etc/rp_environment}"; echo "$RUNPOD_POD_ID"')).toBe(id);
    // A service that has left its parent is in the container all the same.
    await sh(host, "setsid sleep 1234.5 >/dev/null 2>&1 &");
    const sleeping = () => readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && existsSync(`/proc/${pid}/cmdline`) && safely(`/proc/${pid}/cmdline`).startsWith("sleep\u00001234.5"));
    await expect.poll(() => sleeping().length).toBe(1);
    await provider.stop(id);
    await expect.poll(() => sleeping().length).toBe(0);

    await host.close();
    account.faults.add({ kind: "address-changed" });
    await provider.resume(id);
    const second = await up(id);
    expect(second.ssh!.host).not.toBe(first.ssh!.host);
    expect(await provider.hostKeys(id)).not.toEqual(keys);
    host = await enter(second);
    expect(await sh(host, `cat ${workspace}/model; ls -A $HOME | grep lost`)).toBe("kept");
    await host.close();
    await provider.terminate(id);
    await account.machines.settled();
    expect(existsSync(join(folder, "machines", "volumes", id))).toBe(false);
    expect(readdirSync(join(folder, "machines", "pods"))).toEqual([]);
  });

  test("stops itself with its own key, through the API that the app was told", async (context) => {
    need(context);
    await using world = await rehearsal(kind);
    const { provider, order, up, enter, account } = world;
    const { id } = await provider.create(order);
    const host = await enter(await up(id));
    const python = `import json, urllib.request
request = urllib.request.Request("${provider.podApi}/pods/${id}/action", json.dumps({"action": "stop"}).encode(), {"authorization": "Bearer " + KEY, "content-type": "application/json"})
urllib.request.urlopen(request)`;
    void host.exec(["/bin/sh"], { input: `. "\${RP_ENVIRONMENT:-/etc/rp_environment}"; python3 - <<END\nKEY = "$RUNPOD_API_KEY"\n${python}\nEND\n` }).catch(() => undefined);
    await expect.poll(() => account.pod(id)!.status).toBe("EXITED");
    await account.machines.settled();
    await host.close();
  });
});

test("pods that a crash has left behind are ended by the next rehearsal", async (context) => {
  if (processPodsMissing !== null) return context.skip(processPodsMissing);
  await using world = await rehearsal("process");
  const { provider, order, up, folder } = world;
  const pod = await up((await provider.create(order)).id);
  await endLeftPods(join(folder, "machines"));
  const { host, port } = pod.ssh!;
  const refused = await new Promise<string | undefined>((resolve) => connect(port, host).once("connect", () => resolve("open")).once("error", (error: NodeJS.ErrnoException) => resolve(error.code)));
  expect(refused).toBe("ECONNREFUSED");
});

test("a network volume is the same for the next pod", async (context) => {
  if (processPodsMissing !== null) return context.skip(processPodsMissing);
  await using world = await rehearsal("process");
  const { provider, order, up, enter } = world;
  const volume = await provider.createVolume({ name: "models", gigabytes: 20, dataCenter: "EU-RO-1" });
  for (const said of ["", "there"]) {
    const { id } = await provider.create({ ...order, cloud: "secure", disk: { kind: "network", volumeId: volume.id } });
    const host = await enter(await up(id));
    expect(await sh(host, "cat $HOME/ai-mentor-workspace/model 2>/dev/null; echo there > $HOME/ai-mentor-workspace/model")).toBe(said);
    await host.close();
    await provider.terminate(id);
  }
});

function safely(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
