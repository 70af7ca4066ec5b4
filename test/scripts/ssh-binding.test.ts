import { copyFileSync, existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createProgress } from "../../scripts/setup/progress.mjs";
import { buildSshBinding, missingForBuild } from "../../scripts/setup/ssh-binding.mjs";
import { ROOT } from "../../scripts/setup.mjs";

const CRYPTO = "node_modules/ssh2/lib/protocol/crypto";
const BINDING = `${CRYPTO}/build/Release/sshcrypto.node`;
const HALF = /^Uploads will encrypt at about half the speed: .+\n$/m;

let folder: string;
let node: string;
let env: NodeJS.ProcessEnv;
let said: string;

/** A clone with ssh2 in it and a Node with its headers, as far as a build looks at them. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "native part "));
  node = join(folder, "node-package/bin/node");
  env = { PATH: join(folder, "tools"), npm_config_nodedir: "/another/node", npm_config_target: "20.0.0" };
  said = "";
  await put("package-lock.json", "{}");
  await put("node-package/include/node/node.h");
  await put("node-package/bin/.keep");
  await symlink(process.execPath, node);
  await mkdir(join(folder, CRYPTO), { recursive: true });
  for (const tool of ["g++", "make", "python3"]) await put(`tools/${tool}`);
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, text = ""): Promise<void> {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), text);
}

const setUp = () => buildSshBinding(folder, node, createProgress({ write: (text) => (said += text) }), { env, platform: "linux" });

/** Stands for node-gyp: empties the folder of the build as it does, writes down how it was called, and goes on with `rest`. */
async function gypThat(rest: string): Promise<void> {
  await put(
    "node_modules/node-gyp/bin/node-gyp.js",
    `const { copyFileSync, mkdirSync, realpathSync, rmSync, writeFileSync } = require("node:fs");
     rmSync("build", { recursive: true, force: true });
     const nodedir = process.argv.find((word) => word.startsWith("--nodedir=")).slice(10);
     writeFileSync(${JSON.stringify(join(folder, "call.json"))}, JSON.stringify({ words: process.argv.slice(2), nodedir, headers: realpathSync(nodedir), cwd: process.cwd(), env: process.env }));
     ${rest}`,
  );
}

const makes = (bytes: string) => `mkdirSync("build/Release", { recursive: true }); ${bytes}`;
const WORKING = makes(`copyFileSync(${JSON.stringify(join(ROOT, BINDING))}, "build/Release/sshcrypto.node")`);

const lastCall = async () => JSON.parse(await readFile(join(folder, "call.json"), "utf8")) as { words: string[]; nodedir: string; headers: string; cwd: string; env: NodeJS.ProcessEnv };
const forgetCall = () => rm(join(folder, "call.json"), { force: true });
const wasCalled = () => existsSync(join(folder, "call.json"));

/** Null where this very clone has its binding. */
const missingHere = () => missingForBuild(process.execPath);

test("in this clone ssh2 encrypts through its native part", ({ skip }) => {
  const missing = missingHere();
  if (missing !== null) skip(`ssh2's native part could not be built here: no ${missing}.`);
  expect(createRequire(import.meta.url)("ssh2/lib/protocol/crypto.js")).toMatchObject({ bindingAvailable: true });
});

test("it is built with the headers of the Node that the app runs on, whatever npm was told, and once", async ({ skip }) => {
  if (missingHere() !== null) skip(`There is no working binding to stand for what is built: no ${missingHere()}.`);
  await gypThat(WORKING);
  await setUp();
  const { words, nodedir, headers, cwd, env: given } = await lastCall();
  expect(words).toEqual(["rebuild", `--nodedir=${nodedir}`, `--real_openssl_major=${process.versions.openssl.split(".")[0]}`]);
  expect(headers).toBe(join(folder, "node-package"));
  expect(cwd).toBe(join(folder, CRYPTO));
  // binding.gyp asks `node` where nan is; a blank would tear the path of the headers apart.
  expect(given.PATH?.split(delimiter)[0]).toBe(resolve(node, ".."));
  expect(nodedir).not.toContain(" ");
  expect(Object.keys(given).filter((name) => name.startsWith("npm_config_"))).toEqual([]);
  expect(existsSync(nodedir)).toBe(false);
  expect(said).not.toMatch(HALF);

  said = "";
  await forgetCall();
  await setUp();
  expect([said, wasCalled()]).toEqual(["", false]);
});

test("one that works is left alone, and one that npm built anew is looked at again", async ({ skip }) => {
  if (missingHere() !== null) skip(`There is no working binding: no ${missingHere()}.`);
  await gypThat(WORKING);
  await mkdir(join(folder, BINDING, ".."), { recursive: true });
  copyFileSync(join(ROOT, BINDING), join(folder, BINDING));
  await setUp();
  expect([said, wasCalled()]).toEqual(["", false]);
  await rm(join(folder, CRYPTO, "build"), { recursive: true });
  await put(BINDING, "for another Node");
  await setUp();
  expect(wasCalled()).toBe(true);
});

test("where it cannot be built, that is one plain line, said once; a compiler that comes later is used", async () => {
  await gypThat("process.exit(1)");
  await rm(join(folder, "tools/g++"));
  await setUp();
  expect(said).toBe("Uploads will encrypt at about half the speed: ssh2's native part could not be built (there is no C++ compiler here).\n");
  said = "";
  await setUp();
  expect([said, wasCalled()]).toEqual(["", false]);
  await put("tools/clang++");
  await setUp();
  expect(wasCalled()).toBe(true);
});

test.each([
  ["a Node without headers", "linux", "node-package/include/node/node.h", "header file of Node 24"],
  ["Windows, for want of node.lib", "win32", null, "header file of Node 24"],
  ["no make", "linux", "tools/make", "make"],
  ["no Python", "darwin", "tools/python3", "Python"],
] as const)("what a build lacks is known before it starts: %s", async (_where, platform, absent, missing) => {
  if (absent !== null) await rm(join(folder, absent));
  expect(missingForBuild(node, env, platform)).toBe(missing);
});

test("a build that fails stops nothing, and ssh2 does without", async () => {
  for (const part of ["ssh2", "asn1", "safer-buffer"]) await cp(join(ROOT, "node_modules", part), join(folder, "node_modules", part), { recursive: true });
  await gypThat("console.error('binding.cc:1: fatal error: no such luck'); process.exit(1)");
  await put(BINDING, "for another Node");
  await setUp();
  expect(said).toMatch(HALF);
  expect(said).toContain("no such luck");
  expect(createRequire(join(folder, "any.js"))("ssh2/lib/protocol/crypto.js")).toMatchObject({ bindingAvailable: false });
  said = "";
  await forgetCall();
  await setUp();
  expect([said, wasCalled()]).toEqual(["", false]);
});

test("what was built and does not work is taken away again", async () => {
  await gypThat(makes(`writeFileSync("build/Release/sshcrypto.node", "no binding")`));
  await setUp();
  expect(said).toMatch(HALF);
  expect(existsSync(join(folder, BINDING))).toBe(false);
});

test("stopping the set-up stops the build, and is no reason to go on without", async () => {
  await gypThat("process.kill(process.pid, 'SIGINT'); setInterval(() => {}, 1000)");
  await expect(setUp()).rejects.toMatchObject({ signal: "SIGINT" });
  expect(said).not.toMatch(HALF);
  await forgetCall();
  await setUp().catch(() => undefined);
  expect(wasCalled()).toBe(true);
});
