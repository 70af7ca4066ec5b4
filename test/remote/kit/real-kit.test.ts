import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, cp, mkdir, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { AgentClient } from "../../../src/adapters/agent/client.ts";
import { systemClock } from "../../../src/adapters/local/clock.ts";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { LocalHost } from "../../../src/adapters/local/host.ts";
import type { AgentAddress } from "../../../src/contract/agent.ts";
import type { Kit } from "../../../src/contract/kit.ts";
import { hostLayout } from "../../../src/core/host/layout.ts";
import { installKit, installServers, kitProgram, type InstallKitOptions } from "../../../src/core/kit/install.ts";
import { cpuKit, hostPython } from "../../parts/kit.ts";
import { chatModel } from "../../parts/models.ts";
import { isAlive, until } from "../agent/stand-in-agent.ts";

/** The real kit, sent to this computer as if it were a bare host: nothing of the project is used there. */
const python = hostPython();
const host = new LocalHost();
let root: string;
let kit: Kit;
let installed: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "bare host "));
  kit = await cpuKit(python);
  installed = (await install()).path;
}, 300_000);
afterAll(() => rm(root, { recursive: true, force: true }));

async function install(overrides: Partial<InstallKitOptions> = {}) {
  const layout = hostLayout(root, "linux");
  const options = { host, kit, layout, upload: (source: string, destination: string) => copyFile(source, destination), ...overrides };
  const [tools, servers] = [await installKit(options), await installServers(options)];
  return { path: tools.path, skipped: tools.skipped && servers.skipped, bytesSent: tools.bytesSent + servers.bytesSent };
}

/** Runs a program with nothing but a search path, as a login on a bare host may have it. */
function bare(argv: string[]): { child: ChildProcess; output: () => string; ended: Promise<number | null> } {
  const child = spawn("/usr/bin/env", ["-i", "PATH=/usr/bin:/bin", ...argv], { cwd: "/", stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = once(child, "close").then(([code]) => code as number | null);
  onTestFinished(async () => {
    child.kill("SIGTERM");
    await ended;
  });
  return { child, output: () => output, ended };
}

test("the agent, the LLM server and the course store run from the kit alone", async (context) => {
  if (python === null) return context.skip("No Python from 3.10 to 3.13 is on this computer.");
  const model = await chatModel();
  const key = "the-key-of-this-test-0123456789-0123456789";
  const start = bare([kitProgram(installed, "node"), kitProgram(installed, "agent.mjs"), "start"]);
  start.child.stdin!.end(JSON.stringify({ key, root }));
  expect({ exitCode: await start.ended, output: start.output() }).toMatchObject({ exitCode: 0 });
  const address = JSON.parse(start.output()) as AgentAddress;
  expect(address.kitHash).toBe(kit.hash);
  const agent = new AgentClient({ url: `http://127.0.0.1:${address.port}`, key, clock: systemClock });
  onTestFinished(() => agent.shutdown().catch(() => {}));
  const [llm, milvus] = await Promise.all([
    agent.startService("llm", { port: await freePort(0), model, embeddingModel: null, gpu: "cpu", contextTokens: 512, parallel: 1, threads: 1 }),
    agent.startService("milvus", { kind: "lite", port: await freePort(0), dataDir: join(root, "milvus data"), python: python.path }),
  ]);
  const answer = await fetch(`http://127.0.0.1:${llm.port}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ messages: [{ role: "user", content: "Say hello." }], max_tokens: 4 }),
  });
  expect(await answer.json()).toMatchObject({ choices: [{ message: { role: "assistant", content: expect.stringMatching(/\S/) } }] });
  await agent.shutdown();
  await until(() => [address.pid, llm.pid!, milvus.pid!].every((pid) => !isAlive(pid)));
}, 180_000);

test("a kit that is there and whole is not sent again; a damaged layer alone is", async () => {
  const sent: string[] = [];
  const upload = async (source: string, destination: string) => {
    sent.push(source);
    await copyFile(source, destination);
  };
  expect(await install({ upload })).toMatchObject({ skipped: true, bytesSent: 0, path: installed });
  const layers = join(root, "ai-mentor", "kit", "layers");
  const services = kit.layers.find(({ name }) => name === "services")!;
  await truncate(join(layers, `services-${services.hash}`, "llm.mjs"), 10);
  expect(await install({ upload })).toMatchObject({ skipped: false, bytesSent: services.archive!.bytes });
  expect(sent).toEqual([services.archive!.path]);
  expect((await install({ upload })).skipped).toBe(true);
});

test("a layer that arrives altered gets no name, and what was there goes on to work", async () => {
  const services = kit.layers.find(({ name }) => name === "services")!;
  const other = await mkdtemp(join(tmpdir(), "altered-"));
  onTestFinished(() => rm(other, { recursive: true }));
  await cp(services.folder, other, { recursive: true });
  // Same size, one byte other: only its hash tells.
  const file = await open(join(other, "agent.mjs"), "r+");
  await file.write("?", 0);
  await file.close();
  const { archiveLayer } = await import("../../../remote/kit/archive.ts");
  const altered = await archiveLayer({ ...services, folder: other, hash: "f".repeat(32), archive: null });
  onTestFinished(() => rm(altered.archive!.path));
  const lying: Kit = { ...kit, hash: "e".repeat(32), layers: kit.layers.map((layer) => (layer === services ? altered : layer)) };
  await expect(install({ kit: lying })).rejects.toMatchObject({ code: "kit-corrupt" });
  expect((await readdir(join(root, "ai-mentor", "kit", "layers"))).some((name) => name.includes("f".repeat(32)))).toBe(false);
  expect((await install()).skipped).toBe(true);
});

test("earlier kits and layers that none needs go away; the one that runs stays", async () => {
  const kits = join(root, "ai-mentor", "kit");
  const old = "a".repeat(32);
  const running = "b".repeat(32);
  for (const name of [old, running]) await mkdir(join(kits, name));
  await writeFile(join(kits, running, "kit.json"), JSON.stringify({ hash: running, layers: [{ name: "engine", hash: "c".repeat(32) }] }));
  for (const hash of ["c", "d"]) await mkdir(join(kits, "layers", `engine-${hash.repeat(32)}`));
  await mkdir(join(root, "ai-mentor", "run"), { recursive: true });
  const address = join(root, "ai-mentor", "run", "agent.json");
  await writeFile(address, JSON.stringify({ kitHash: running }));
  onTestFinished(() => rm(address));
  await install();
  expect((await readdir(kits)).sort()).toEqual([kit.hash, running, "layers"].sort());
  const layers = await readdir(join(kits, "layers"));
  expect(layers).toContain(`engine-${"c".repeat(32)}`);
  expect(layers).not.toContain(`engine-${"d".repeat(32)}`);
  expect(layers.length).toBe(kit.layers.length + 1);
});

test("the kit holds what it needs and no junk", async () => {
  const engine = kit.layers.find(({ name }) => name === "engine")!;
  expect(engine.bytes).toBeLessThan(50e6);
  const total = kit.layers.reduce((sum, { archive }) => sum + archive!.bytes, 0);
  expect(total).toBeLessThan(170e6);
  for (const program of ["agent.mjs", "llm.mjs", "api.mjs", "llm-alone.mjs", "start_llm_server.sh"]) expect((await stat(join(installed, program))).isFile()).toBe(true);
  expect((await stat(join(installed, "start_llm_server.sh"))).mode & 0o111).not.toBe(0);
});

test("a second build takes every layer from the cache", async () => {
  const details: string[] = [];
  const again = await cpuKit(python, (progress) => details.push(progress.detail));
  expect(again.layers.filter(({ name }) => name !== "services")).toEqual(kit.layers.filter(({ name }) => name !== "services"));
  expect(details.filter((detail) => /^(Course store|Fetching)/.test(detail))).toEqual([]);
}, 120_000);

const script = () => join(root, "ai-mentor", "start_llm_server.sh");

test("start_llm_server.sh serves the newest model in models/, says where, and stops cleanly", async () => {
  const models = join(root, "models");
  await mkdir(models, { recursive: true });
  onTestFinished(() => rm(models, { recursive: true }));
  await copyFile(await chatModel(), join(models, "a 'small' model.gguf"));
  const port = await freePort(0);
  const server = bare(["sh", script(), "--port", String(port), "--context", "512", "--parallel", "1", "--threads", "1"]);
  await until(() => server.output().includes("is running") || server.child.exitCode !== null);
  expect(server.output()).toContain(`http://127.0.0.1:${port}/v1`);
  const keyFile = /Key: +in (.*)/.exec(server.output())![1]!;
  expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
  const key = (await readFile(keyFile, "utf8")).trim();
  expect(server.output()).not.toContain(key);
  const ask = async (headers: Record<string, string>) => (await fetch(`http://127.0.0.1:${port}/v1/models`, { headers })).status;
  expect([await ask({ authorization: `Bearer ${key}` }), await ask({})]).toEqual([200, 401]);
  server.child.kill("SIGTERM");
  expect(await server.ended).toBe(0);
  await expect(stat(keyFile)).rejects.toThrow("ENOENT");
  await expect(ask({})).rejects.toThrow("fetch failed");
}, 120_000);

test("start_llm_server.sh says what is wrong with a model and what to do", async () => {
  const folder = await mkdtemp(join(tmpdir(), "models-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const text = join(folder, "notes.gguf");
  await writeFile(text, "not a model at all");
  const cut = join(folder, "cut.gguf");
  await copyFile(await chatModel(), cut);
  await truncate(cut, 40_000_000);
  const complaintOf = async (...args: string[]) => {
    const server = bare(["sh", script(), "--port", String(await freePort(0)), ...args]);
    return { exitCode: await server.ended, output: server.output() };
  };
  expect(await complaintOf()).toMatchObject({ exitCode: 1, output: expect.stringContaining("There is no model in") });
  expect(await complaintOf("--model", join(folder, "none.gguf"))).toMatchObject({ exitCode: 1, output: expect.stringContaining("There is no model at") });
  expect(await complaintOf("--model", folder)).toMatchObject({ exitCode: 1, output: expect.stringContaining("is not a file") });
  expect(await complaintOf("--model", text)).toMatchObject({ exitCode: 1, output: expect.stringContaining("not a model in GGUF format") });
  expect(await complaintOf("--model", cut)).toMatchObject({ exitCode: 1, output: expect.stringContaining("ends too early") });
  expect(await complaintOf("--model", await chatModel(), "--gpu", "cuda")).toMatchObject({ exitCode: 1, output: expect.stringContaining("--gpu cpu") });
  expect(await complaintOf("--nonsense")).toMatchObject({ exitCode: 2, output: expect.stringContaining("Usage:") });
}, 120_000);

test("start_llm_server.sh names the program that has the port", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const server = bare(["sh", script(), "--port", String((other.address() as AddressInfo).port), "--model", await chatModel()]);
  expect(await server.ended).toBe(1);
  expect(server.output()).toContain(`(process ${process.pid})`);
  expect(server.output()).toContain("--port N");
});
