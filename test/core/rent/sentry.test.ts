import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, type TestContext } from "vitest";
import { bundle } from "../../../remote/kit/services-layer.ts";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { processPodsMissing } from "../../../src/adapters/rehearsal/machines/process.ts";
import { RunpodAccount } from "../../../src/adapters/rehearsal/runpod/account.ts";
import { serveRunpod } from "../../../src/adapters/rehearsal/runpod/server.ts";
import { NO_DELAYS } from "../../../src/adapters/rehearsal/runpod/world.ts";
import { LAYER_FOLDERS } from "../../../src/contract/kit.ts";
import { runToEnd } from "../../../src/core/host/run.ts";
import type { Host } from "../../../src/core/ports.ts";
import { newRecord, withSight } from "../../../src/core/rent/record.ts";
import { postSentry, signSentry } from "../../../src/core/rent/sentry.ts";
import { SessionFacts } from "../../../src/core/session/facts.ts";
import type { StepContext } from "../../../src/core/session/step.ts";
import { armWatchdog } from "../../../src/main/host/steps/arm-watchdog.ts";
import { connect } from "../../../src/main/host/steps/connect.ts";
import type { StepTools } from "../../../src/main/host/steps/tools.ts";
import { ROOT } from "../../house/modules.ts";
import { rehearsal } from "../../parts/rehearsal.ts";

/** Instead of twenty minutes; the agent signs every second. */
const TIMES = { silenceSeconds: 2.5, lookSeconds: 0.25, graceSeconds: 1 };
const SILENCE_MS = 3_500;
const SOON = { silenceSeconds: 0.4, lookSeconds: 0.2, graceSeconds: 0 };
const LATER = 3_600;

/** A rented machine with a real sshd, and the app's own steps for it. */
async function rentedMachine(running: TestContext) {
  const world = await rehearsal("process");
  running.onTestFinished(() => world[Symbol.asyncDispose]());
  const { account, provider, order, up, folder } = world;
  const pod = await up((await provider.create(order)).id);
  const logged: string[] = [];
  const kept = new Map<string, string>();
  const tools = {
    clock: systemClock, sentryTimes: TIMES, redact: () => undefined, log: () => undefined,
    secrets: { get: async (name: string) => kept.get(name) ?? null, set: async (name: string, value: string) => void kept.set(name, value), delete: async (name: string) => void kept.delete(name) },
    connectors: { ssh: world.connector },
    appKey: async () => ({ path: join(folder, "key"), publicKey: order.publicKey }),
  } as unknown as StepTools;
  const record = withSight(newRecord(order.name, { kind: "runpod" }, new Date().toISOString()), pod, new Date().toISOString());
  const facts = new SessionFacts({ rent: record });
  await facts.hold("provider", provider);
  const context = {
    sessionId: "1", request: { host: { kind: "runpod" } }, once: {}, facts, signal: new AbortController().signal,
    progress: () => undefined, line: () => undefined, lost: () => undefined, checkpoint: async () => undefined, log: (level: string, text: string) => logged.push(`${level} ${text}`),
  } as unknown as StepContext;
  /** The app is gone, and with it every connection: nothing is undone. */
  const laptopGoes = () => facts.release();
  running.onTestFinished(async () => void (await laptopGoes()));
  return { account, pod: account.pod(pod.id)!, facts, context, tools, logged, laptopGoes, home: join(folder, "machines", "pods", pod.id, "home"), folder };
}

test("the laptop goes away while nothing of ours is on the machine yet: it stops itself, and not before", { timeout: 60_000 }, async (context) => {
  if (processPodsMissing !== null) return context.skip(processPodsMissing);
  const machine = await rentedMachine(context);
  const step = connect(machine.tools);
  await step.run(machine.context);
  // Tools that take longer than the sentry's patience: this computer is there, and signs.
  await sleep(SILENCE_MS);
  expect(machine.pod.status).toBe("RUNNING");
  expect(machine.logged).toContain("debug The machine's first timer can read the machine with its own credential.");
  // Found again after a crash: there is one sentry, the newest.
  await step.adopt!(machine.context);
  await expect.poll(() => sentriesOf(machine.home).length, { timeout: SILENCE_MS }).toBe(1);
  await machine.laptopGoes();
  await expect.poll(() => machine.pod.status, { timeout: 3 * SILENCE_MS }).toBe("EXITED");
  expect(machine.pod.stoppedByOwnKey).toBe(true);
  await machine.account.machines.settled();
  expect(sentriesOf(machine.home)).toEqual([]);
});

test("the agent is killed when no laptop is there: the sentry, which it has kept quiet until then, stops the machine", { timeout: 60_000 }, async (context) => {
  if (processPodsMissing !== null) return context.skip(processPodsMissing);
  const machine = await rentedMachine(context);
  const { facts } = machine;
  const kit = join(machine.folder, "kit");
  mkdirSync(join(kit, LAYER_FOLDERS.node), { recursive: true });
  symlinkSync(process.execPath, join(kit, LAYER_FOLDERS.node, "node"));
  await bundle(join(ROOT, "remote"), { agent: join(ROOT, "remote", "agent", "main.ts") }, kit);
  writeFileSync(join(kit, "kit.json"), JSON.stringify({ hash: "h", version: "1" }));
  facts.set("kit", { hash: "h", path: kit });
  facts.set("layout", { root: join(machine.home, "ai-mentor-workspace") } as never);
  await connect(machine.tools).run(machine.context);
  await armWatchdog(machine.tools).run(machine.context);
  expect(facts.require("rent").guard.state).toBe("armed");
  await machine.laptopGoes();
  await sleep(SILENCE_MS);
  expect(machine.pod.status).toBe("RUNNING");
  process.kill(facts.require("agent").pid, "SIGKILL");
  await expect.poll(() => machine.pod.status, { timeout: 3 * SILENCE_MS }).toBe("EXITED");
  expect(machine.pod.stoppedByOwnKey).toBe(true);
});

test("no agent watches and the account's key is revoked, while the laptop is connected and signs on: at the deadline the machine stops", { timeout: 60_000 }, async (context) => {
  if (processPodsMissing !== null) return context.skip(processPodsMissing);
  const machine = await rentedMachine(context);
  const { facts } = machine;
  facts.set("rent", { ...facts.require("rent"), begunAt: new Date().toISOString(), stopAfterSeconds: 3 });
  await connect(machine.tools).run(machine.context);
  machine.account.keys.clear();
  await expect.poll(() => machine.pod.status, { timeout: 20_000 }).toBe("EXITED");
  expect(machine.pod.stoppedByOwnKey).toBe(true);
});

/** A folder that is a machine's home, whose shell finds only these programs. */
function bareMachine(programs: readonly string[], environment: string) {
  const home = mkdtempSync(join(tmpdir(), "sentry's home "));
  const bin = join(home, "bin");
  mkdirSync(bin);
  for (const name of [...programs, "sh", "sed", "tail", "tr", "cat", "mv", "rm", "mkdir", "sleep", "nohup", "setsid"]) symlinkSync(`/usr/bin/${name}`, join(bin, name));
  writeFileSync(join(home, "rp_environment"), environment);
  const env = { HOME: home, PATH: bin, RP_ENVIRONMENT: join(home, "rp_environment") };
  const host: Pick<Host, "exec" | "label"> = {
    label: "it",
    exec: ([program, ...words], options) => {
      const child: ChildProcess = spawn(program!, words, { env, stdio: "pipe" });
      // It may end before it has read all.
      child.stdin!.on("error", () => undefined);
      const exited = new Promise<{ exitCode: number | null; killedBy: string | null }>((resolve) => child.once("close", (exitCode, killedBy) => resolve({ exitCode, killedBy })));
      return runToEnd({ stdin: child.stdin!, stdout: child.stdout!, stderr: child.stderr!, exited, kill: () => child.kill() }, options);
    },
  };
  onTestFinished(() => {
    for (const pid of sentriesOf(home)) process.kill(pid, "SIGKILL");
    rmSync(home, { recursive: true, force: true });
  });
  return { host, home, bin };
}

const sentriesOf = (home: string): number[] => processes().flatMap(({ pid, words }) => (words.includes(`${home}/.ai-mentor-sentry/sentry.sh`) ? [pid] : []));
const processes = () => readdirSync("/proc").filter((pid) => /^\d+$/.test(pid)).map((pid) => ({ pid: Number(pid), words: readIfThere(`/proc/${pid}/cmdline`).split("\0") }));

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

async function pretendedAccount() {
  const made = new RunpodAccount({ clock: systemClock, delays: NO_DELAYS });
  const server = await serveRunpod(made);
  onTestFinished(() => server.close());
  return { account: made, podApi: `${server.url}/v2`, pod: made.create({ name: "ai-mentor-s1", image: "x", gpu: { id: "NVIDIA RTX A5000", count: 1 } } as never) };
}

test.skipIf(process.platform !== "linux").each(["curl", "python3"])("with %s alone it reads and stops its own machine, goes on asking, and shows its credential to nobody", async (program) => {
  const { account: made, podApi, pod } = await pretendedAccount();
  const { host, home, bin } = bareMachine([program], `export PUBLIC_KEY="ssh-ed25519 AAAA \\"me\\""\nexport RUNPOD_API_KEY="${pod.ownKey}"\n`);
  // A program that listens to what the other programs are told.
  const [real, heard] = [join(bin, `real-${program}`), join(home, "heard")];
  rmSync(join(bin, program));
  symlinkSync(`/usr/bin/${program}`, real);
  writeFileSync(join(bin, program), `#!/usr/bin/sh\nprintf '%s\\n' "$@" >>'${heard.replaceAll("'", "'\\''")}'\nexec '${real.replaceAll("'", "'\\''")}' "$@"\n`);
  chmodSync(join(bin, program), 0o700);
  await postSentry(host, { podId: pod.id, podApi, secondsLeft: LATER }, SOON);
  await expect.poll(() => signSentry(host, LATER), { timeout: 5_000 }).toBe("200");
  made.faults.add({ kind: "refusal", status: 503, on: "podAction" });
  await expect.poll(() => pod.status, { timeout: 15_000 }).toBe("EXITED");
  expect(readIfThere(heard)).toContain(podApi);
  expect(readIfThere(heard)).not.toContain(pod.ownKey);
});

test.skipIf(process.platform !== "linux")("after the deadline it stops the machine whoever signs; a sign that moves the deadline is heeded", async () => {
  const { podApi, pod } = await pretendedAccount();
  const { host } = bareMachine(["curl"], `RUNPOD_API_KEY=${pod.ownKey}\n`);
  await postSentry(host, { podId: pod.id, podApi, secondsLeft: 4 }, { ...SOON, silenceSeconds: 60 });
  await sleep(500);
  // The shell knows whole seconds alone. Extended; then this computer is there, and signs, past the end that it now tells.
  await signSentry(host, LATER);
  await sleep(5_000);
  expect(pod.status).toBe("RUNNING");
  const until = Date.now() + 1_500;
  await expect.poll(async () => (await signSentry(host, (until - Date.now()) / 1000), pod.status), { timeout: 8_000 }).toBe("EXITED");
  expect(Date.now()).toBeGreaterThanOrEqual(until - 1_000);
});

test.skipIf(process.platform !== "linux")("what the provider says of the machine, or that the machine has no credential or no program, is there to be read", async () => {
  const { podApi, pod } = await pretendedAccount();
  const said = async (programs: readonly string[], environment: string) => {
    const { host } = bareMachine(programs, environment);
    await postSentry(host, { podId: pod.id, podApi, secondsLeft: LATER }, { ...SOON, silenceSeconds: 60, lookSeconds: 1 });
    let answer: string | null = null;
    await expect.poll(async () => (answer = await signSentry(host, LATER)), { timeout: 5_000 }).not.toBeNull();
    return answer;
  };
  expect(await said(["curl"], "export RUNPOD_API_KEY='rpa_wrong'\n")).toBe("401");
  expect(await said([], `RUNPOD_API_KEY=${pod.ownKey}\n`)).toBe("the machine has neither curl nor python3");
  expect(await said(["curl"], "")).toBe("the machine has no credential of its own");
});

test.skipIf(process.platform !== "linux").each([
  ["only deleted, with all on a network volume", { network: [{ volumeId: "v1", path: "/workspace" }] }, ["terminate"], "terminate"],
  ["only deleted, with a disk of its own", { persistent: { size: 20, path: "/workspace" } }, ["terminate"], "stop"],
  ["stopped, with a network volume", { network: [{ volumeId: "v1", path: "/workspace" }] }, ["stop", "restart", "terminate"], "stop"],
] as const)("of a machine that can be %s it asks what loses nothing", async (_, mounts, actions, expected) => {
  const { host, bin, home } = bareMachine([], "export RUNPOD_API_KEY=k\n");
  const asked = join(home, "asked");
  // In the place of curl: it answers with the machine, and writes down what it is asked to do.
  writeFileSync(join(bin, "curl"), `#!/usr/bin/sh\nfor word do case $word in '{'*) printf %s "$word" >'${asked.replaceAll("'", "'\\''")}';; esac; done\nprintf %s '${JSON.stringify({ id: "p1", actions, mounts }, null, 1)}' >answer\nprintf 200\n`);
  chmodSync(join(bin, "curl"), 0o700);
  await postSentry(host, { podId: "p1", podApi: "https://api.runpod.io/v2", secondsLeft: LATER }, SOON);
  await expect.poll(() => readIfThere(asked), { timeout: 8_000 }).toBe(JSON.stringify({ action: expected }));
});

test.skipIf(process.platform !== "linux")("where nothing can be written it says so", async () => {
  const { host, home } = bareMachine([], "");
  writeFileSync(join(home, ".ai-mentor-sentry"), "in the way");
  await expect(postSentry(host, { podId: "p1", podApi: "https://api.runpod.io/v2", secondsLeft: LATER }, TIMES)).rejects.toMatchObject({ code: "host-unsuitable" });
});
