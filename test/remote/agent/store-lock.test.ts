import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockStore, type LockOptions } from "../../../remote/agent/store-lock.ts";
import type { MentorError } from "../../../src/contract/errors.ts";
import { FakeClock } from "../../fakes/clock.ts";

async function volume() {
  const folder = await mkdtemp(join(tmpdir(), "store-lock-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const clock = new FakeClock();
  const path = join(folder, "data", "milvus.lock");
  const pod = (host: string) => {
    const over = new AbortController();
    onTestFinished(() => over.abort());
    const said: string[] = [];
    const losses: MentorError[] = [];
    const options: LockOptions = { clock, signal: over.signal, host, say: (detail) => said.push(detail), lost: (error) => losses.push(error) };
    return { said, losses, lock: (more: Partial<LockOptions> = {}) => lockStore(path, { ...options, ...more }) };
  };
  /** Time passes, in steps that real file access can keep up with. */
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { clock, path, folder: join(folder, "data"), pod, pass };
}

/** What a promise came to, told while time is being moved. */
function outcome<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const found: { value?: T; error?: unknown } = {};
  promise.then((value) => (found.value = value), (error: unknown) => (found.error = error));
  return found;
}

test("a second pod is refused while the first one lives, and told which one it is", async () => {
  const { pod, pass, folder } = await volume();
  const release = await pod("pod-a").lock();
  const second = pod("pod-b");
  const found = outcome(second.lock());
  await pass(8);
  expect(found.error).toMatchObject({ code: "store-locked", message: expect.stringContaining("pod-a") });
  expect(second.said[0]).toContain("pod-a");
  await release();
  await (await second.lock())();
  expect(await readdir(folder)).toEqual(["milvus.lock.2"]);
});

test("a pod that is gone is waited for, and then its store is free", async () => {
  const { pod, pass, path } = await volume();
  await (await pod("pod-a").lock())();
  await writeFile(`${path}.1`, JSON.stringify({ owner: "a-dead-one", host: "pod-a", boot: "another", process: { pid: 1, startedAt: "1" }, beat: 7 }));
  const found = outcome(pod("pod-b").lock());
  await pass(28);
  expect(found).toEqual({});
  // Real files are slower than this clock.
  while (found.value === undefined) await pass(1);
  expect(JSON.parse(await readFile(`${path}.2`, "utf8"))).toMatchObject({ host: "pod-b" });
  await found.value!();
});

test("an agent that died on this machine is not waited for", async () => {
  const { pod, path } = await volume();
  const release = await pod("pod-a").lock();
  const record = JSON.parse(await readFile(`${path}.1`, "utf8")) as { process: { startedAt: string } };
  await release();
  await writeFile(`${path}.1`, JSON.stringify({ ...record, process: { ...record.process, startedAt: "0" } }));
  const next = pod("pod-a");
  await (await next.lock())();
  expect(next.said).toEqual([]);
});

test("of many that find a dead one's lock, one gets the store", async () => {
  const { pod, pass, path } = await volume();
  await (await pod("pod-z").lock())();
  await writeFile(`${path}.1`, JSON.stringify({ owner: "a-dead-one", host: "pod-z", boot: "another", process: null, beat: 7 }));
  const all = ["a", "b", "c", "d"].map((name) => outcome(pod(name).lock()));
  await pass(60);
  expect(all.filter(({ value }) => value !== undefined)).toHaveLength(1);
  expect(all.filter(({ error }) => error !== undefined)).toHaveLength(3);
  await all.find(({ value }) => value !== undefined)!.value!();
});

test("a pod that slept through its lease lets go, and does not touch its successor's lock", async () => {
  const { pod, pass, path } = await volume();
  const sleeper = pod("pod-a");
  const release = await sleeper.lock();
  // What it looks like to the next: a lock that has not changed for a whole lease.
  await writeFile(`${path}.2`, JSON.stringify({ owner: "the-next", host: "pod-b", boot: "another", process: null, beat: 1, released: false }));
  await pass(6);
  expect(sleeper.losses).toMatchObject([{ code: "store-locked" }]);
  await release();
  expect(JSON.parse(await readFile(`${path}.2`, "utf8"))).toMatchObject({ host: "pod-b", released: false });
});

test("a clock that is set, here or there, takes no store from a pod that lives", async () => {
  const { pod, pass, clock } = await volume();
  const release = await pod("pod-a").lock();
  let set = 0;
  const found = outcome(pod("pod-b").lock({ clock: { now: () => clock.now() + (set += 60_000), sleep: (ms, signal) => clock.sleep(ms, signal) } }));
  await pass(10);
  expect(found.error).toMatchObject({ code: "store-locked", message: expect.stringContaining("pod-a") });
  await release();
});

test.each([
  ["hangs", () => new Promise<void>(() => {})],
  ["fails", () => Promise.reject(new Error("EIO"))],
])("a pod whose disk %s lets go before anybody else may take over, and its end does not wait for the disk", async (_, broken) => {
  const { pod, pass, clock } = await volume();
  const holder = pod("pod-a");
  let works = true;
  const release = await holder.lock({ write: async (file, record) => (works ? void (await file.write(JSON.stringify(record).padEnd(512), 0)) : broken()) });
  await pass(7);
  works = false;
  await pass(13);
  expect(holder.losses).toEqual([]);
  await pass(7);
  expect(holder.losses).toMatchObject([{ code: "store-locked", message: expect.stringContaining("gives no answer") }]);
  const ending = outcome(release());
  await pass(16);
  expect("value" in ending).toBe(true);
  expect(clock.sleeping).toBe(0);
});
