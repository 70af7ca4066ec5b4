import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { podEnvironment } from "../../../remote/agent/pod-environment.ts";
import { PodPower } from "../../../remote/agent/pod-power.ts";
import { RunpodAccount, type AccountOptions } from "../../../src/adapters/rehearsal/runpod/account.ts";
import { fetchFrom } from "../../../src/adapters/rehearsal/runpod/fetch.ts";
import { FakeClock } from "../../fakes/clock.ts";

const API = "https://api.runpod.io/v2";

async function machine(options: Partial<AccountOptions> = {}, environment?: (own: { id: string; key: string }) => { podId: string | null; key: string | null }) {
  const clock = new FakeClock();
  const account = new RunpodAccount({ clock, ...options });
  const pod = account.create({ name: "ai-mentor-s1", image: "x", gpu: { id: "NVIDIA RTX A5000", count: 1 }, cloud: "SECURE" } as never);
  await clock.advance(60_000);
  const logged: string[] = [];
  const own = { id: pod.id, key: pod.ownKey };
  const asked: { method?: string; url: string; authorization: string | null; redirect?: string }[] = [];
  const ask = fetchFrom(account);
  const listened: typeof fetch = (url, init) => {
    asked.push({ method: init?.method, url: String(url), authorization: new Headers(init?.headers).get("authorization"), redirect: init?.redirect });
    return ask(url, init);
  };
  const power = new PodPower({ pod: { id: pod.id, api: API }, clock, fetch: listened, environment: () => environment?.(own) ?? { podId: own.id, key: own.key }, log: (level, text) => logged.push(`${level} ${text}`) });
  return { clock, account, pod, power, logged, asked };
}

test("proven is who has read its own machine with its own credential; the same code, asking the same, stops it", async () => {
  const { clock, pod, power, asked } = await machine();
  expect(await power.prove()).toEqual({ proven: true, provenAt: new Date(clock.now()).toISOString(), reason: null });
  const proof = asked.splice(0);
  expect(proof).toEqual([{ method: "GET", url: `${API}/pods/${pod.id}`, authorization: `Bearer ${pod.ownKey}`, redirect: "error" }]);
  const over = new AbortController();
  const stopping = power.stop(over.signal);
  await clock.advance(1_000);
  expect(pod.status).toBe("EXITED");
  expect(asked).toEqual([...proof, { ...proof[0], method: "POST", url: `${proof[0]!.url}/action` }]);
  over.abort();
  await stopping;
});

test.each([
  ["no credential", {}, () => ({ podId: null, key: null }), /no credential of its own/],
  ["another machine's environment", {}, ({ key }: { key: string }) => ({ podId: "other", key }), /this is the machine other/],
  ["a credential that opens nothing", {}, ({ id }: { id: string }) => ({ podId: id, key: "wrong" }), /may not read it \(401\)/],
  ["one that may not read", { podKeyMay: { read: false, stop: false } }, undefined, /may not read it \(40[13]\)/],
] as const)("%s: not proven, with the reason, and nothing is thrown", async (_, options, environment, reason) => {
  const { power } = await machine(options, environment as never);
  expect(await power.prove()).toMatchObject({ proven: false, provenAt: null, reason: expect.stringMatching(reason) });
});

test("a provider that does not answer is asked until it does; pauses grow to a minute", async () => {
  const { clock, account, pod, power, logged } = await machine();
  account.faults.add({ kind: "refusal", status: 503, times: 4 });
  const over = new AbortController();
  const stopping = power.stop(over.signal);
  await clock.advance(29_000);
  expect(pod.status).toBe("RUNNING");
  expect(logged.map((line) => /again in (\d+) s/.exec(line)?.[1])).toEqual(["2", "4", "8", "16"]);
  await clock.advance(2_000);
  expect(pod.status).toBe("EXITED");
  over.abort();
  await stopping;
});

test("a machine that cannot be stopped is deleted only where everything of ours is on a network volume", async () => {
  const asked: unknown[] = [];
  const view = (mounts: object) => ({ id: "p1", locked: false, actions: ["terminate"], mounts });
  const withView = (mounts: object) =>
    new PodPower({
      pod: { id: "p1", api: API }, clock: new FakeClock(), environment: () => ({ podId: "p1", key: "k" }), log: () => {},
      fetch: async (_url, init) => {
        if (init?.method === "POST") asked.push(JSON.parse(String(init.body)));
        return init?.method === "POST" ? new Response("{}", { status: 404 }) : Response.json(view(mounts));
      },
    });
  await withView({ network: [{ volumeId: "v1", path: "/workspace" }] }).stop();
  expect(asked).toEqual([{ action: "terminate" }]);
  expect(await withView({ persistent: { size: 20, path: "/workspace" } }).prove()).toMatchObject({ proven: false, reason: expect.stringContaining("does not let this machine be stopped") });
});

test("the machine's own variables are read from the file that its start script leaves", () => {
  const folder = mkdtempSync(join(tmpdir(), "pod-env-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "rp_environment");
  writeFileSync(file, 'export PUBLIC_KEY="ssh-ed25519 AAAA \\"me\\""\nexport RUNPOD_POD_ID="p1"\nexport RUNPOD_API_KEY="rpa_own"\nnonsense\n');
  expect(podEnvironment({ RP_ENVIRONMENT: file })).toEqual({ podId: "p1", key: "rpa_own" });
  expect(podEnvironment({ RP_ENVIRONMENT: join(folder, "none"), RUNPOD_API_KEY: "from-env" })).toEqual({ podId: null, key: "from-env" });
});
