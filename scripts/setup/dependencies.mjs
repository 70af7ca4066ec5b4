import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./command.mjs";
import { npmCommand, requireNpm } from "./npm.mjs";

const STAMP = ".ai-mentor-installed";

/** The engine's binary that each system needs beside the Linux one, which every kit for a host holds. */
const ENGINE_PACKAGES = {
  "darwin-arm64": "@node-llama-cpp/mac-arm64-metal",
  "darwin-x64": "@node-llama-cpp/mac-x64",
  "linux-arm64": "@node-llama-cpp/linux-arm64",
  "win32-arm64": "@node-llama-cpp/win-arm64",
  "win32-x64": "@node-llama-cpp/win-x64",
};

const readJson = (file) => JSON.parse(readFileSync(file, "utf8"));

const lockHash = (folder) => createHash("sha256").update(readFileSync(join(folder, "package-lock.json"))).update(`${process.platform}-${process.arch}`).digest("hex");

/** Whether what stands in `node_modules` is what the lock asks for. Costs milliseconds. */
export function isInstalled(folder, { platform = process.platform, arch = process.arch, withOptional = true } = {}) {
  const modules = join(folder, "node_modules");
  const stamp = join(modules, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockHash(folder)) return true;
  // Brought up to date by hand with npm: npm's own record of it counts, when nothing that belongs here is missing.
  const record = join(modules, ".package-lock.json");
  if (!existsSync(record)) return false;
  const present = readJson(record).packages;
  const locked = readJson(join(folder, "package-lock.json")).packages;
  // Optional packages of packages come and go with the system; those that we name ourselves are meant for it.
  const named = withOptional ? Object.keys(locked[""].optionalDependencies ?? {}).map((name) => `node_modules/${name}`) : [];
  const serves = (allowed, one) => allowed === undefined || allowed.includes(one);
  const complete = Object.entries(locked).every(([path, { version, optional, os, cpu }]) => {
    const wanted = optional !== true || (named.includes(path) && serves(os, platform) && serves(cpu, arch));
    return path === "" || (present[path] === undefined ? !wanted : present[path].version === version);
  });
  if (complete) writeFileSync(stamp, lockHash(folder));
  return complete;
}

/** Whether both halves of the project, the app's and the host's, have their packages. */
export const areInstalled = (root) => isInstalled(root) && isInstalled(join(root, "remote"), { withOptional: false });

/** @param {string} root @param {{ step: Function }} progress */
export async function installDependencies(root, progress) {
  const remote = join(root, "remote");
  if (areInstalled(root)) return;
  await requireNpm();
  if (!isInstalled(root)) {
    await progress.step("Install the app's packages", () => runCommand("Install the app's packages", [...npmCommand(), "ci", "--no-audit", "--no-fund"], { cwd: root }));
    writeFileSync(join(root, "node_modules", STAMP), lockHash(root));
  }
  if (!isInstalled(remote, { withOptional: false })) {
    await progress.step("Install the mentor's packages", () => installRemote(remote));
    writeFileSync(join(remote, "node_modules", STAMP), lockHash(remote));
  }
}

async function installRemote(remote) {
  const title = "Install the mentor's packages";
  const engine = ENGINE_PACKAGES[`${process.platform}-${process.arch}`];
  // --force: the Linux engine is a direct dependency, since kits for hosts hold it; npm would refuse it elsewhere.
  const foreign = engine === undefined ? [] : ["--force"];
  const quiet = ["--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", ...foreign];
  await runCommand(title, [...npmCommand(), "ci", ...quiet], { cwd: remote });
  if (engine === undefined) return;
  const { version } = readJson(join(remote, "node_modules/node-llama-cpp/package.json"));
  await runCommand(title, [...npmCommand(), "install", "--no-save", "--no-package-lock", ...quiet, `${engine}@${version}`], { cwd: remote });
}

/** Makes `npx ai-mentor` work from the clone: npm links the commands of dependencies only, not its own. */
export function linkCommand(root, platform = process.platform) {
  const folder = join(root, "node_modules/.bin");
  if (platform === "win32") {
    const batch = join(folder, "ai-mentor.cmd");
    if (!existsSync(batch)) writeFileSync(batch, '@ECHO off\r\nnode "%~dp0\\..\\..\\bin\\ai-mentor.mjs" %*\r\n');
    return;
  }
  const link = join(folder, "ai-mentor");
  if (existsSync(link)) return;
  mkdirSync(folder, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync("../../bin/ai-mentor.mjs", link);
}
