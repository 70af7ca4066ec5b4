import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { runCommand } from "./command.mjs";
import { environment } from "./hand-over.mjs";
import { oneAtATime } from "./one-at-a-time.mjs";
import { unlessCurrent } from "./stamp.mjs";

const CRYPTO = "node_modules/ssh2/lib/protocol/crypto";
const BINDING = `${CRYPTO}/build/Release/sshcrypto.node`;
const CHECK = fileURLToPath(new URL("try-ssh-binding.mjs", import.meta.url));
const TITLE = "Build ssh2's native encryption for Node 24";

/**
 * The lock names the versions of ssh2 and of Node. The stamp lies where every build of ssh2, npm's
 * own too, begins by emptying: it can only speak of the binding beside it.
 */
const FILES = { output: CRYPTO, stamp: `${CRYPTO}/build/ai-mentor.sha256`, sources: ["package-lock.json"] };

/** What node-gyp's makefiles start, and by which names. */
const TOOLS = [
  { name: "C++ compiler", programs: ["g++", "c++", "clang++"] },
  { name: "make", programs: ["make", "gmake"] },
  { name: "Python", programs: ["python3", "python"] },
];

/**
 * Sees to it that ssh2's native part fits the Node that runs everything; npm compiled it for the
 * Node that runs npm. It only speeds up: where it cannot be built, that is said once, and ssh2
 * encrypts through Node's own crypto. Nothing is downloaded.
 * @param {string} root @param {string} node a Node 24
 * @param {Pick<ReturnType<typeof import("./progress.mjs").createProgress>, "step" | "note">} progress
 */
export async function buildSshBinding(root, node, progress, { env = process.env, platform = process.platform } = {}) {
  const missing = missingForBuild(node, env, platform);
  // A compiler that comes later, or another Node where none came with the packages, is worth a new try.
  const conditions = JSON.stringify([missing, node, node.startsWith(join(root, "node_modules")) ? "locked" : process.version]);
  await unlessCurrent(root, { ...FILES, conditions }, () =>
    oneAtATime(root, async () => {
      if (await encrypts(root, node)) return;
      const hindrance = missing === null ? await build(root, node, env, progress) : `there is no ${missing} here`;
      if (hindrance !== null) progress.note(`Uploads will encrypt at about half the speed: ssh2's native part could not be built (${hindrance}).`);
    }),
  );
}

/** The folder whose include/node holds a Node's headers: packages and archives of Node carry both. */
const prefixOf = (node) => resolve(node, "../..");

/** The first thing that a build needs and this computer lacks; null when all is there. */
export function missingForBuild(node, env = process.env, platform = process.platform) {
  // Beside the headers Windows needs node.lib, which no package carries.
  if (platform === "win32" || !existsSync(join(prefixOf(node), "include/node/node.h"))) return "header file of Node 24";
  const folders = (env.PATH ?? "").split(delimiter);
  const here = (program) => folders.some((folder) => existsSync(join(folder, program)));
  return TOOLS.find(({ programs }) => !programs.some(here))?.name ?? null;
}

/** Asked of the very Node in a process of its own: a binding may also crash. */
async function encrypts(root, node) {
  try {
    await runCommand(TITLE, [node, CHECK, join(root, BINDING)]);
    return true;
  } catch (error) {
    return refused(error);
  }
}

/** @returns {Promise<string | null>} why there is no binding now; null when there is one */
async function build(root, node, env, progress) {
  // A folder of headers with a blank in its name gets lost in node-gyp's makefiles.
  const folder = mkdtempSync(join(tmpdir(), "ai-mentor-headers-"));
  const headers = join(folder, "node");
  try {
    symlinkSync(prefixOf(node), headers);
    const openssl = execFileSync(node, ["-p", "process.versions.openssl.split('.')[0]"], { encoding: "utf8" }).trim();
    const gyp = [node, join(root, "node_modules/node-gyp/bin/node-gyp.js"), "rebuild", `--nodedir=${headers}`, `--real_openssl_major=${openssl}`];
    await progress.step(TITLE, () => runCommand(TITLE, gyp, { cwd: join(root, CRYPTO), env: environment(root, node, withoutNpm(env)) }));
    if (await encrypts(root, node)) return null;
    rmSync(join(root, CRYPTO, "build"), { recursive: true, force: true });
    return "what was built does not work";
  } catch (error) {
    refused(error);
    return error.lines?.find((line) => /error/i.test(line)) ?? error.message;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** node-gyp puts npm's settings, which are for the Node that runs npm, above its own arguments. */
const withoutNpm = (env) => Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_(config|package_config_node_gyp)_/i.test(name)));

/** False for a program that failed; whoever stops the set-up stops all of it. */
function refused(error) {
  if (error.signal === "SIGINT" || error.signal === "SIGTERM") throw error;
  return false;
}
