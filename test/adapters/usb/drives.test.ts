import { expect, test } from "vitest";
import { systemDrives, systemTool } from "../../../src/adapters/usb/drives.ts";
import type { Clock, Volume } from "../../../src/core/ports.ts";

const volume = (path: string): Volume => ({ path, label: path, removable: true, readOnly: false, sizeBytes: 1 });

/** Every sleep is one step that the test has prepared; after the last one it aborts. */
function steps(looks: (Volume[] | Error)[]) {
  const stop = new AbortController();
  const slept: number[] = [];
  let next = 0;
  const clock: Clock = {
    now: () => next,
    sleep: (ms) => {
      slept.push(ms);
      if (next >= looks.length) stop.abort();
      return Promise.resolve();
    },
  };
  const list = () => {
    const look = looks[next++]!;
    return look instanceof Error ? Promise.reject(look) : Promise.resolve(look);
  };
  return { clock, list, slept, signal: stop.signal };
}

test("plugging in and pulling out is told once each, and what is there at the start too", async () => {
  const { clock, list, slept, signal } = steps([[], [], [volume("/b"), volume("/a")], [volume("/a"), volume("/b")], [volume("/a")], []]);
  const seen: string[][] = [];
  await systemDrives({ clock, list }).watch((volumes) => seen.push(volumes.map(({ path }) => path)), signal);
  expect(seen).toEqual([[], ["/a", "/b"], ["/a"], []]);
  expect(new Set(slept)).toEqual(new Set([2_000]));
});

test("one failed look does not pull a stick out", async () => {
  const { clock, list, signal } = steps([[volume("/a")], new Error("lsblk is busy"), [volume("/a")]]);
  const seen: number[] = [];
  await systemDrives({ clock, list }).watch((volumes) => seen.push(volumes.length), signal);
  expect(seen).toEqual([1]);
});

test("a system that cannot be asked has no sticks", async () => {
  const { clock } = steps([]);
  expect(await systemDrives({ clock, list: () => Promise.reject(new Error("no such tool")) }).list()).toEqual([]);
});

test("the same volume seen twice is one", async () => {
  const { clock } = steps([]);
  expect(await systemDrives({ clock, list: () => Promise.resolve([volume("/a"), volume("/a")]) }).list()).toHaveLength(1);
});

test("this computer's own tool answers in the shape that is expected", async (context) => {
  const volumes = await systemTool(process.platform)().catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return context.skip("lsblk is not installed");
    throw error;
  });
  for (const { path, removable } of volumes) expect([path.length > 0, removable]).toEqual([true, true]);
});
