import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MentorError } from "../../src/contract/errors.ts";
import type { KitGpu, KitPlatform } from "../../src/contract/kit.ts";
import type { BuildContext, LayerRecipe } from "./context.ts";
import { copyTree } from "./copy.ts";
import { walk } from "./layer.ts";
import { locked, packageFolder } from "./npm-package.ts";

/** Compilers, their headers and a command line: never loaded when a prebuilt binary is used. */
const NOT_NEEDED = new Set(["cmake-js", "node-addon-api", "yargs", "validate-npm-package-name", "ignore", "typescript"]);

/** node-llama-cpp, whatever it loads, and the binaries for one kind of host. */
export function engineLayer(context: BuildContext, gpu: KitGpu): LayerRecipe {
  const modules = join(context.project, "remote", "node_modules");
  const lockFile = join(context.project, "remote", "package-lock.json");
  const binaries = binaryPackages(context.platform, gpu);
  return {
    async inputs() {
      const pins = await Promise.all(["node-llama-cpp", ...binaries].map((name) => locked(lockFile, name)));
      return JSON.stringify([pins.map((pin) => pin?.integrity), 1]);
    },
    async build(folder) {
      await copyEngine(modules, folder);
      for (const name of binaries) await copyTree(await packageFolder(lockFile, name, context), join(folder, name), (path) => !isNested(path));
    },
  };
}

/** node-llama-cpp and what it loads, without its binaries. @throws MentorError kit-unavailable */
export async function copyEngine(modules: string, folder: string): Promise<void> {
  for (const name of await closure(modules, "node-llama-cpp")) {
    await copyTree(join(modules, name), join(folder, name), (path) => isRuntime(name, path));
  }
}

/** Names of the packages with llama.cpp's compiled code. @throws MentorError host-unsuitable */
export function binaryPackages(platform: KitPlatform, gpu: KitGpu): string[] {
  const name = platform.replace("darwin", "mac").replace("win32", "win");
  // Metal is part of the Mac binary; `-ext` holds the CUDA 12 libraries for drivers before 580.
  const known: Record<KitGpu, string[]> = {
    cpu: [name === "mac-arm64" ? "mac-arm64-metal" : name],
    metal: ["mac-arm64-metal"],
    cuda: [name, `${name}-cuda`, `${name}-cuda-ext`],
  };
  if ((gpu === "metal" && name !== "mac-arm64") || (gpu === "cuda" && !["linux-x64", "win-x64"].includes(name))) {
    throw new MentorError("host-unsuitable", `${gpu === "metal" ? "Metal" : "CUDA"} cannot be used on ${platform}.`);
  }
  return known[gpu].map((part) => `@node-llama-cpp/${part}`);
}

/** A package and all that it depends on, as they lie in one flat node_modules folder. */
async function closure(modules: string, root: string): Promise<string[]> {
  const found = new Set<string>();
  const open = [root];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name) || NOT_NEEDED.has(name)) continue;
    const manifest = await readFile(join(modules, name, "package.json"), "utf8").catch(() => null);
    if (manifest === null) {
      throw new MentorError("kit-unavailable", `The package ${name} is not installed in the app's remote folder.`, { advice: "Run: npm ci --prefix remote --omit=optional --ignore-scripts   Then press Retry." });
    }
    found.add(name);
    open.push(...Object.keys((JSON.parse(manifest) as { dependencies?: Record<string, string> }).dependencies ?? {}));
    const nested = await nestedDependencies(join(modules, name));
    open.push(...nested);
  }
  return [...found].sort();
}

/** What the privately nested packages of a package need from the flat folder. */
async function nestedDependencies(folder: string): Promise<string[]> {
  const manifests = (await walk(folder)).filter((path) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path));
  const nested = new Set(manifests.map((path) => path.replace(/.*node_modules\//, "").replace(/\/package\.json$/, "")));
  const needed = await Promise.all(manifests.map(async (path) => Object.keys((JSON.parse(await readFile(join(folder, path), "utf8")) as { dependencies?: object }).dependencies ?? {})));
  return needed.flat().filter((name) => !nested.has(name));
}

function isRuntime(name: string, path: string): boolean {
  if (/\.(d\.[cm]?ts|map|md|ts|cts|mts|tsbuildinfo)$/i.test(path) || /(^|\/)(test|tests|__tests__|docs|examples?|\.github)\//.test(path)) return false;
  if (name !== "node-llama-cpp") return true;
  // llama.cpp's sources and the project templates; the small JSON files beside them are read at start.
  return !/^(templates|bins)\//.test(path) && !/^llama\/(?!grammars\/)[^/]+\//.test(path) && !path.endsWith("gitRelease.bundle");
}

const isNested = (path: string): boolean => path.startsWith("node_modules/");
