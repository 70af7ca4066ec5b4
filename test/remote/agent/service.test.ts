import { once } from "node:events";
import { appendFile, mkdir, readdir, readFile, stat, utimes } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../../../src/adapters/local/free-port.ts";
import { systemClock } from "../../../remote/agent/clock.ts";
import type { Launcher } from "../../../remote/agent/launcher.ts";
import { kitLaunchers } from "../../../remote/agent/launchers.ts";
import { RESTARTS } from "../../../remote/agent/restarts.ts";
import { signalGroup } from "../../../remote/agent/process-identity.ts";
import { MentorError } from "../../../src/contract/errors.ts";
import { FakeClock } from "../../fakes/clock.ts";
import { GRACE_MS, isAlive, KEY, llmConfig, standInAgent, until } from "./stand-in-agent.ts";

test("a service is ready only when a real call with the key succeeds, and its words are kept apart by kind", async () => {
  const { agent, folders, service } = await standInAgent();
  await agent.start("llm", llmConfig(await freePort(0), "good"));
  await until(() => service().state === "ready");
  const { pid } = service();
  // What it wrote before it answered may be read after its answer.
  await expect
    .poll(() => agent.logs.after(0).filter(({ source }) => source === "llm").map(({ level, text }) => [level, text]))
    .toEqual(expect.arrayContaining([["warn", "plain words of the engine"], ["debug", "structured words"]]));
  const file = join(folders.run, "llm.json");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(`/proc/${pid}/cmdline`, "utf8")).not.toContain(KEY);
  const environment = await readFile(`/proc/${pid}/environ`, "utf8");
  expect(environment).not.toContain(KEY);
  // The server sizes its pool by what it runs on: with more than one thread a processor takes twice as long.
  expect(environment).not.toContain("UV_THREADPOOL_SIZE");
});

test("what a service says of being used keeps the watchdog quiet; being there alone does not", async () => {
  let ahead = 0;
  const { agent } = await standInAgent({}, { now: () => Date.now() + ahead, sleep: systemClock.sleep });
  const port = await freePort(0);
  await agent.start("llm", llmConfig(port, "good"));
  await until(() => agent.status().services.some(({ state }) => state === "ready"));
  await agent.arm({ deadlineInSeconds: null, silenceSeconds: null, idleSeconds: 600 });
  ahead = 500_000;
  await fetch(`http://127.0.0.1:${port}/use`);
  await until(() => agent.status().watchdog!.unusedSeconds < 100);
  ahead = 1_000_000;
  expect(agent.verdict()).toBeNull();
  agent.watchdog.heartbeat();
  ahead = 1_200_000;
  expect(agent.verdict()).toBe("nobody used it for 600 s");
});

test.each(["models/m.gguf.part", "ai-mentor/milvus/abc.oci/blobs/sha256/def.part", "ai-mentor/data/course/backups/incoming/b1/rows.parquet.part"])("an upload to %s is use, for as long as it grows, whatever the disk's own clock says", async (path) => {
  let ahead = 0;
  const { agent, folders } = await standInAgent({}, { now: () => Date.now() + ahead, sleep: systemClock.sleep });
  const file = join(folders.root, path);
  await agent.arm({ deadlineInSeconds: null, silenceSeconds: null, idleSeconds: 600 });
  await mkdir(dirname(file), { recursive: true });
  for (let piece = 1; piece <= 4; piece++) {
    await appendFile(file, "more");
    await utimes(file, 1, 1);
    ahead += 400_000;
    expect(agent.verdict(), `piece ${piece}`).toBeNull();
  }
  ahead += 599_000;
  expect(agent.verdict()).toBeNull();
  ahead += 2_000;
  expect(agent.verdict()).toBe("nobody used it for 600 s");
});

test("what is under way is told while a service loads", async () => {
  const { agent, service } = await standInAgent();
  await agent.start("llm", llmConfig(await freePort(0), "never-ready"));
  await until(() => service().progress?.detail === "loading");
  expect(service()).toMatchObject({ state: "starting", progress: { done: 1, total: 2, unit: "bytes" } });
});

test("a service that never answers and falls silent is ended and named", async () => {
  const { agent, service } = await standInAgent({ readyWithinMs: 200 });
  await agent.start("llm", llmConfig(await freePort(0), "never-ready"));
  await until(() => service().state === "failed");
  expect(service().error).toMatchObject({ code: "service-failed", message: expect.stringContaining("did not become ready") });
  expect(service().pid).toBeNull();
});

test("a service that crashes later is started again on the same port", async () => {
  const { agent, service } = await standInAgent();
  const port = await freePort(0);
  await agent.start("llm", llmConfig(port, "good"));
  await until(() => service().state === "ready");
  const first = service().pid;
  await fetch(`http://127.0.0.1:${port}/crash`).catch(() => {});
  await until(() => service().restarts === 1 && service().state === "ready");
  expect(service().pid).not.toBe(first);
  expect(service().port).toBe(port);
});

test("a service that keeps crashing is given up with its last words", async () => {
  const { agent, service, diary } = await standInAgent();
  await agent.start("llm", llmConfig(await freePort(0), "crashes"));
  await until(() => service().state === "failed");
  expect(service().error).toMatchObject({ code: "service-failed", message: expect.stringContaining("exit code 7") });
  expect(service().error?.causes?.join()).toContain("it burns");
  expect((await diary()).length).toBe(3);
});

test("a service that hangs is ended and started again, and one that is busy for a while is not", async () => {
  const clock = new FakeClock();
  const { probe, liveness } = kitLaunchers("/nowhere", process.execPath).llm;
  let answers = 0;
  const { agent, service } = await standInAgent({ probe: async (...words) => (await probe(...words)) && ++answers > 0 }, clock);
  await agent.start("llm", llmConfig(await freePort(0), "good"));
  await until(async () => (await clock.advance(10), service().state === "ready"));
  const first = service().pid!;
  onTestFinished(() => signalGroup(first, "SIGKILL"));
  const missAProbe = () => clock.advance(liveness.everyMs + liveness.timeoutMs);

  process.kill(first, "SIGSTOP");
  for (let missed = 1; missed < liveness.misses; missed++) await missAProbe();
  process.kill(first, "SIGCONT");
  await clock.advance(liveness.everyMs);
  await until(() => answers === 2);
  expect(service()).toMatchObject({ state: "ready", pid: first, restarts: 0 });

  process.kill(first, "SIGSTOP");
  for (let missed = 0; missed < liveness.misses; missed++) await missAProbe();
  expect(service()).toMatchObject({ state: "starting", progress: { detail: "It gave no answer for 75 s; it is ended" } });
  await until(async () => (await clock.advance(10), service().restarts === 1 && service().state === "ready"));
  expect(service().pid).not.toBe(first);
  expect(isAlive(first)).toBe(false);
  const words = agent.logs.after(0).map(({ text }) => text);
  expect(words).toContain("The LLM server runs but gave no answer for 75 s; it is ended.");
  expect(words).toContain("The LLM server gave no answer for 75 s and was ended; it is started again in 1 ms.");
  await agent.stop("llm");
  expect(clock.sleeping).toBe(0);
});

test("a service that hangs after every start is given up: time without an answer excuses nothing", async () => {
  const clock = new FakeClock();
  const answered = new Set<number | null>();
  const { agent, service } = await standInAgent({ probe: async () => (answered.has(service().pid) ? new Promise(() => {}) : answered.add(service().pid).size > 0) }, clock);
  await agent.start("llm", llmConfig(await freePort(0), "good"));
  await until(async () => (await clock.advance(5_000), service().state === "failed"));
  expect(service().error).toMatchObject({ code: "service-failed", message: expect.stringContaining("gave no answer for") });
  // Not its own diary: this clock may end it before it has begun to write.
  expect(answered.size).toBe(RESTARTS.limit + 1);
});

test("an error that a service reports itself is passed on, and it is not tried again", async () => {
  const { agent, service, diary } = await standInAgent();
  await agent.start("llm", llmConfig(await freePort(0), "reports"));
  await until(() => service().state === "failed");
  expect(service().error).toEqual({ code: "gpu-unusable", message: "There is no driver." });
  expect((await diary()).length).toBe(1);
});

test("a taken port is found before anything is started, with the program that has it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void other.close());
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { agent, service, diary } = await standInAgent();
  await agent.start("llm", llmConfig(port, "good"));
  await until(() => service().state === "failed");
  expect(service().error).toMatchObject({ code: "port-in-use", details: { port, pid: process.pid } });
  expect(await diary()).toEqual([""]);
});

test("the same configuration again changes nothing; another one replaces the process", async () => {
  const { agent, service } = await standInAgent();
  const port = await freePort(0);
  await agent.start("llm", llmConfig(port, "good"));
  await until(() => service().state === "ready");
  const first = service().pid!;
  await agent.start("llm", llmConfig(port, "good"));
  expect(service().pid).toBe(first);
  await agent.start("llm", llmConfig(port, "better"));
  await until(() => service().state === "ready");
  expect(service().pid).not.toBe(first);
  expect(isAlive(first)).toBe(false);
});

test("stop ends a service that ignores it, and whatever it started; nothing of it stays in run/", async () => {
  const clock = new FakeClock();
  const { agent, folders, service, diary } = await standInAgent({}, clock);
  await agent.start("llm", llmConfig(await freePort(0), "stubborn child"));
  await until(async () => (await clock.advance(10), service().state === "ready"));
  const pid = service().pid!;
  const child = Number((await diary()).find((line) => line.startsWith("child"))!.split(" ")[1]);
  expect(isAlive(child)).toBe(true);
  const stopping = agent.stop("llm");
  // The time it is given begins only now: a loaded computer may be slow to tell it.
  await until(async () => (await diary()).includes("ignored SIGTERM"));
  expect(isAlive(pid)).toBe(true);
  await clock.advance(GRACE_MS);
  await stopping;
  expect(service()).toMatchObject({ state: "stopped", pid: null, error: null });
  await until(() => !isAlive(pid) && !isAlive(child));
  expect(await readdir(folders.run)).toEqual(["stand-in.txt"]);
});

test("a service that is stopped while it waits for its next try stays stopped", async () => {
  const { agent, service } = await standInAgent({ probe: async () => false });
  await agent.start("llm", llmConfig(await freePort(0), "good"));
  await agent.stop("llm");
  expect(service().state).toBe("stopped");
});

test("a service whose store is open elsewhere is not started, and says why", async () => {
  const locked = new MentorError("store-locked", "It is open on pod-a.");
  const { agent, service, diary } = await standInAgent({ hold: () => Promise.reject(locked) });
  await agent.start("llm", llmConfig(await freePort(0), "good"));
  await until(() => service().state === "failed");
  expect(service().error).toMatchObject({ code: "store-locked", message: "It is open on pod-a." });
  expect(await diary()).toEqual([""]);
});

test("a service whose store was taken over is ended at once; what it held is let go once, also after an ordinary stop", async () => {
  let lose!: (error: MentorError) => void;
  let held = 0;
  const hold: Launcher<"llm">["hold"] = (_config, { lost }) => {
    lose = lost;
    held++;
    return Promise.resolve(() => Promise.resolve(void held--));
  };
  const { agent, service } = await standInAgent({ hold });
  await agent.start("llm", llmConfig(await freePort(0), "good"));
  await until(() => service().state === "ready");
  const pid = service().pid!;
  expect(held).toBe(1);
  lose(new MentorError("store-locked", "Another machine took over."));
  await until(() => service().state === "failed");
  expect(service().error?.code).toBe("store-locked");
  expect({ held, alive: isAlive(pid) }).toEqual({ held: 0, alive: false });

  await agent.start("llm", llmConfig(await freePort(0), "good"));
  await until(() => service().state === "ready");
  await agent.stop("llm");
  expect({ held, state: service().state }).toEqual({ held: 0, state: "stopped" });
});
