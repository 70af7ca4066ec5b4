import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as read } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { beforeAll, afterAll, expect, onTestFinished, test } from "vitest";
import { AgentClient } from "../../../src/adapters/agent/client.ts";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { RunpodAccount } from "../../../src/adapters/rehearsal/runpod/account.ts";
import { serveRunpod } from "../../../src/adapters/rehearsal/runpod/server.ts";
import { NO_DELAYS } from "../../../src/adapters/rehearsal/runpod/world.ts";
import type { AgentAddress, AgentStatus } from "../../../src/contract/agent.ts";
import type { LogLine } from "../../../src/contract/logs.ts";
import { bundle } from "../../../remote/kit/services-layer.ts";
import { isAlive, llmConfig, until } from "./stand-in-agent.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const KEY = "first-key-of-this-test-0123456789abcdef";
const OTHER_KEY = "other-key-of-this-test-0123456789abcdef";
let kits: string;

beforeAll(async () => {
  kits = await mkdtemp(join(tmpdir(), "kits with space "));
  await makeKit("a");
  await makeKit("b");
});
afterAll(() => rm(kits, { recursive: true, force: true }));

/** The real agent, bundled as it travels, with the stand-in service. */
async function makeKit(hash: string): Promise<void> {
  const kit = join(kits, hash);
  await mkdir(join(kit, "bin"), { recursive: true });
  await symlink(process.execPath, join(kit, "bin", "node"));
  await bundle(join(PROJECT, "remote"), { agent: join(PROJECT, "remote", "agent", "main.ts") }, kit);
  await copyFile(join(PROJECT, "test", "parts", "service-stand-in.mjs"), join(kit, "llm.mjs"));
  await writeFile(join(kit, "kit.json"), JSON.stringify({ hash, version: "1" }));
}

/** Starts the kit's agent program with an empty environment, as on a bare host. */
function begin(kit: string, args: string[], input = "", env: Record<string, string> = {}) {
  const child = spawn(join(kits, kit, "bin", "node"), [join(kits, kit, "agent.mjs"), ...args], { env, cwd: "/", stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(input);
  return child;
}

async function run(kit: string, args: string[], input = "", env: Record<string, string> = {}) {
  const child = begin(kit, args, input, env);
  const [stdout, stderr, [exitCode]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, "close")]);
  return { exitCode: exitCode as number, stdout, stderr, answer: JSON.parse(stdout || "null") };
}

async function host() {
  const root = await mkdtemp(join(tmpdir(), "host 'quoted' "));
  onTestFinished(async () => {
    await run("a", ["stop", "--root", root]);
    await rm(root, { recursive: true, force: true });
  });
  const start = async (kit = "a", key = KEY, env: Record<string, string> = {}): Promise<AgentAddress> => {
    const { exitCode, answer, stderr } = await run(kit, ["start"], JSON.stringify({ key, root }), env);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    return answer;
  };
  const runFolder = join(root, "ai-mentor", "run");
  return { root, start, runFolder, pidOfService: async () => (JSON.parse(await readFile(join(runFolder, "llm.process.json"), "utf8")) as { pid: number }).pid };
}

const clientOf = ({ port }: AgentAddress, key = KEY) => new AgentClient({ url: `http://127.0.0.1:${port}`, key, clock: systemClock, pollMs: 20 });

test("start is answered once it listens, and again with the same agent", async () => {
  const { root, start } = await host();
  const first = await start();
  expect(first).toMatchObject({ pid: expect.any(Number), port: expect.any(Number), kitHash: "a" });
  expect(await start()).toEqual(first);
  const { answer } = await run("a", ["status", "--root", root]);
  expect(answer as AgentStatus).toMatchObject({ pid: first.pid, kitHash: "a", watchdog: null, services: [{ name: "milvus" }, { name: "llm" }, { name: "api" }] });
});

test("two starts at once make one agent", async () => {
  const { start } = await host();
  const [first, second] = await Promise.all([start(), start()]);
  expect(first).toEqual(second);
});

test("an agent whose start was cut off before it listened is ended by the next start", async () => {
  const { root, start, runFolder } = await host();
  await makeKit("slow");
  const agent = join(kits, "slow", "agent.mjs");
  await writeFile(agent, `if (process.argv[2] === "run") await new Promise((resolve) => setTimeout(resolve, 1e9));\n${await readFile(agent, "utf8")}`);
  const starting = begin("slow", ["start"], JSON.stringify({ key: KEY, root }));
  const identity = join(runFolder, "agent.process.json");
  await until(() => existsSync(identity));
  const { pid } = JSON.parse(await readFile(identity, "utf8")) as { pid: number };
  expect(isAlive(pid)).toBe(true);
  starting.kill("SIGKILL");
  await once(starting, "close");
  expect((await start()).pid).not.toBe(pid);
  expect(isAlive(pid)).toBe(false);
});

test("another key or another kit replaces the agent, and its services go with it", async () => {
  const { start, pidOfService } = await host();
  const first = await start();
  await clientOf(first).startService("llm", llmConfig(await freePort(0), "good"));
  const service = await pidOfService();
  const second = await start("a", OTHER_KEY);
  expect(second.pid).not.toBe(first.pid);
  expect([isAlive(first.pid), isAlive(service)]).toEqual([false, false]);
  await expect(clientOf(second).status()).rejects.toMatchObject({ code: "agent-failed" });
  const third = await start("b", OTHER_KEY);
  expect(third.kitHash).toBe("b");
  expect(isAlive(second.pid)).toBe(false);
});

test("stop leaves no process and no file with a secret", async () => {
  const { root, start, pidOfService, runFolder } = await host();
  const address = await start();
  await clientOf(address).startService("llm", llmConfig(await freePort(0), "good"));
  const service = await pidOfService();
  expect((await run("a", ["stop", "--root", root])).answer).toEqual({ stopped: true });
  expect([isAlive(address.pid), isAlive(service)]).toEqual([false, false]);
  expect(await readdir(runFolder)).toEqual(["stand-in.txt"]);
  expect((await run("a", ["stop", "--root", root])).answer).toEqual({ stopped: false });
  expect(await run("a", ["status", "--root", root])).toMatchObject({ exitCode: 1, answer: { error: { code: "session-missing" } } });
});

test("what a killed agent left running is stopped by the next start, and nothing else", async () => {
  const { start, pidOfService, runFolder } = await host();
  const first = await start();
  await clientOf(first).startService("llm", llmConfig(await freePort(0), "good child"));
  const service = await pidOfService();
  const child = Number(/child (\d+)/.exec(await readFile(join(runFolder, "stand-in.txt"), "utf8"))![1]);
  process.kill(first.pid, "SIGKILL");
  await until(() => !isAlive(first.pid));
  expect([isAlive(service), isAlive(child)]).toEqual([true, true]);
  // The record of a service whose number now belongs to somebody else: to this test.
  await writeFile(join(runFolder, "api.process.json"), JSON.stringify({ pid: process.pid, startedAt: "1", mark: "none/api", stopSignal: "SIGTERM" }));
  const second = await start();
  await until(() => !isAlive(service) && !isAlive(child));
  const lines = await Array.fromAsync(clientOf(second).logs());
  expect(lines.map(({ text }) => text).join()).toContain("what it left running was stopped: llm");
});

test("the deadline ends the agent and its services without any desktop", async () => {
  const { start, pidOfService, runFolder } = await host();
  const address = await start();
  const client = clientOf(address);
  await client.startService("llm", llmConfig(await freePort(0), "good"));
  const service = await pidOfService();
  expect((await client.setWatchdog({ deadlineInSeconds: null, silenceSeconds: 3600 })).watchdog).toMatchObject({ armed: true, unheardSeconds: null });
  await client.heartbeat();
  expect((await client.status()).watchdog?.unheardSeconds).not.toBeNull();
  await client.setWatchdog({ deadlineInSeconds: 0, silenceSeconds: null });
  await until(() => !isAlive(address.pid) && !isAlive(service));
  expect(await readdir(runFolder)).toEqual(["stand-in.txt"]);
});

test("on a rented machine it shows that it can stop it, and does when the desktop has gone, with the machine's own credential", async () => {
  const account = new RunpodAccount({ clock: systemClock, delays: NO_DELAYS });
  const server = await serveRunpod(account);
  onTestFinished(() => server.close());
  const order = { name: "ai-mentor-s1", image: "x", gpu: { id: "NVIDIA RTX A5000", count: 1 } };
  const pod = account.create(order as never);
  const other = account.create(order as never);
  const { root, start } = await host();
  const file = join(root, "rp_environment");
  await writeFile(file, `export RUNPOD_POD_ID="${pod.id}"\nexport RUNPOD_API_KEY="${pod.ownKey}"\n`);
  const address = await start("a", KEY, { RP_ENVIRONMENT: file });
  const client = clientOf(address);
  const api = `${server.url}/v2`;
  const onOther = await client.setWatchdog({ deadlineInSeconds: null, silenceSeconds: 3600, pod: { id: other.id, api } });
  expect(onOther.watchdog?.podGuard).toMatchObject({ proven: false, reason: expect.stringContaining(`this is the machine ${pod.id}`) });
  const { watchdog } = await client.setWatchdog({ deadlineInSeconds: null, silenceSeconds: 1, pod: { id: pod.id, api } });
  expect(watchdog).toMatchObject({ armed: true, podGuard: { proven: true, reason: null } });
  // From here on nobody beats: the laptop is gone.
  await until(() => pod.status === "EXITED");
  // No sentry is posted here: the agent that counts as armed has done it, with the credential that it was armed by.
  expect(pod.stoppedByOwnKey).toBe(true);
  expect(other.status).toBe("RUNNING");
  expect((await readFile(join(root, "ai-mentor", "logs", "agent.log"), "utf8").catch(() => "")).includes(pod.ownKey)).toBe(false);
  account.terminate(pod);
  process.kill(address.pid, "SIGKILL");
});

test("logs are followed while they are written, and end with the agent", async () => {
  const { start } = await host();
  const client = clientOf(await start());
  const lines: LogLine[] = [];
  const following = (async () => {
    for await (const line of client.logs({ follow: true })) lines.push(line);
  })().catch(() => {});
  await client.startService("llm", llmConfig(await freePort(0), "good"));
  await until(() => lines.some(({ text }) => text.includes("is ready")));
  expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1));
  await client.shutdown();
  await following;
});

test("a failed service, a wrong question and a cancelled start come back as what they are", async () => {
  const { start } = await host();
  const client = clientOf(await start());
  await expect(client.startService("llm", llmConfig(await freePort(0), "reports"))).rejects.toMatchObject({ code: "gpu-unusable", message: "There is no driver." });
  await expect(client.startService("llm", { port: 1 } as never)).rejects.toMatchObject({ code: "input-invalid" });
  const cancel = new AbortController();
  await expect(
    client.startService("llm", llmConfig(await freePort(0), "never-ready"), { signal: cancel.signal, onProgress: () => cancel.abort() }),
  ).rejects.toMatchObject({ code: "cancelled" });
  expect((await client.status()).services[1]).toMatchObject({ state: "stopped", pid: null });
});

test("a page's origin, a foreign name and a wrong key are refused", async () => {
  const { start } = await host();
  const { port } = await start();
  const ask = async (headers: Record<string, string>) => (await fetch(`http://127.0.0.1:${port}/status`, { headers })).status;
  expect(await ask({ authorization: `Bearer ${KEY}`, origin: "https://example.org" })).toBe(403);
  expect(await ask({ authorization: "Bearer wrong" })).toBe(401);
  expect(await ask({})).toBe(401);
  expect(await ask({ authorization: `Bearer ${KEY}` })).toBe(200);
});

test("a start that cannot be understood is refused in plain words", async () => {
  expect(await run("a", ["start"], "{}")).toMatchObject({ exitCode: 1, answer: { error: { code: "input-invalid" } } });
  expect(await run("a", ["dance"])).toMatchObject({ exitCode: 2, stdout: "" });
});
