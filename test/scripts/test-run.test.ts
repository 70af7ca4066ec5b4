import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { createProgress } from "../../scripts/setup/progress.mjs";
import { findLeftovers } from "../../scripts/test/leftovers.mjs";
import { requireSystemPackages } from "../../scripts/test/system-packages.mjs";

const started: ChildProcess[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill("SIGKILL")));

async function start(options: { args?: string[]; env?: NodeJS.ProcessEnv; cwd?: string }): Promise<number> {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)", ...(options.args ?? [])], { env: options.env ?? {}, cwd: options.cwd, stdio: ["ignore", "pipe", "ignore"] });
  started.push(child);
  await new Promise((resolve) => child.stdout?.once("data", resolve));
  return child.pid ?? 0;
}

test("a process left behind is found by its mark, its words or its folder; another is not", async (context) => {
  if (process.platform !== "linux") context.skip("Processes are looked up in Linux's /proc.");
  const mark = randomBytes(8).toString("hex");
  const folder = await mkdtemp(join(tmpdir(), `left ${mark}`));
  const mine = await Promise.all([start({ env: { RUN: mark } }), start({ args: [mark] }), start({ cwd: folder })]);
  await start({});
  const found = findLeftovers([mark]).map(({ pid }) => pid);
  expect(found.toSorted((a, b) => a - b)).toEqual(mine.toSorted((a, b) => a - b));
  await rm(folder, { recursive: true });
});

const need = { name: "Frobnicator", ubuntu: "npx frob", debian: ["frob", "frob-data"], macos: "brew install frob", present: () => false };
const here = (rest: object) => requireSystemPackages(createProgress({ write: () => true }), { playwright: [], needs: [need], root: false, platform: "linux", osRelease: "", ...rest });

test.each([
  ["Debian, not as root", { osRelease: 'NAME="x"\nID=debian\n' }, "Frobnicator: sudo apt-get install frob frob-data"],
  ["a relative of Ubuntu", { osRelease: 'ID=mint\nID_LIKE="ubuntu debian"\n' }, "Frobnicator: sudo apt-get install frob frob-data"],
  ["Ubuntu", { osRelease: 'ID=ubuntu\nID_LIKE=debian\n' }, "Frobnicator: npx frob"],
  ["another Linux", { osRelease: "ID=fedora\n", root: true }, "Frobnicator: your system's package that Debian calls frob frob-data"],
  ["macOS", { platform: "darwin" }, "Frobnicator: brew install frob"],
])("what is missing is named with its command: %s", async (_where, surroundings, line) => {
  await expect(here(surroundings)).rejects.toMatchObject({ lines: [line] });
});

test("what is not used on a system is not asked for, and what is there is not installed again", async () => {
  await expect(here({ platform: "darwin", needs: [{ ...need, macos: null }] })).resolves.toBeUndefined();
  await expect(here({ root: true, osRelease: "ID=debian\n", needs: [{ ...need, present: () => true }] })).resolves.toBeUndefined();
});
