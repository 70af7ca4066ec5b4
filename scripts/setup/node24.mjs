import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./command.mjs";

const NEEDED = 24;

const packageName = (platform, arch) => `node-${platform === "win32" ? "win" : platform}-${arch}`;

/**
 * The Node that runs everything after the set-up: the one that came with the packages, else the
 * running one where it is new enough, else null.
 * @param {string} root
 */
export function findNode24(root, { platform = process.platform, arch = process.arch, version = process.versions.node, execPath = process.execPath } = {}) {
  const bundled = join(root, "node_modules", packageName(platform, arch), "bin", platform === "win32" ? "node.exe" : "node");
  if (existsSync(bundled)) return bundled;
  return Number.parseInt(version, 10) >= NEEDED ? execPath : null;
}

/** Throws, before anything is installed, where this computer can get no Node 24 from the packages and has none. */
export function requireNode24Possible(root, { platform = process.platform, arch = process.arch, version = process.versions.node } = {}) {
  if (Number.parseInt(version, 10) >= NEEDED) return;
  const { optionalDependencies = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  if (packageName(platform, arch) in optionalDependencies) return;
  throw new SetupError(`Node ${NEEDED} or newer is needed; this is Node ${version}.`, { advice: nodeAdvice(platform, arch) });
}

export function nodeAdvice(platform, arch) {
  const system = { darwin: "macOS", linux: "Linux", win32: "Windows" }[platform] ?? platform;
  const how = platform === "darwin" ? "for instance with `brew install node@24`, or the installer from nodejs.org" : "for instance the archive from nodejs.org, or with a version manager such as fnm or nvm";
  return `On ${system} ${arch} Node cannot be brought along as a package. Install Node ${NEEDED} LTS (${how}), open a new terminal and run this again.`;
}
