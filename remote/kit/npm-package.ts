import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { extract } from "tar";
import { MentorError } from "../../src/contract/errors.ts";
import type { BuildContext } from "./context.ts";
import { runProgram } from "./program.ts";

interface LockedPackage {
  version: string;
  integrity: string;
}

/** What a lock pins for a package; undefined when it is not in it. */
export async function locked(lockFile: string, name: string): Promise<LockedPackage | undefined> {
  const lock = JSON.parse(await readFile(lockFile, "utf8")) as { packages: Record<string, LockedPackage> };
  return lock.packages[`node_modules/${name}`];
}

/**
 * The unpacked folder of a package in the version that the lock pins: the one that is installed
 * beside the lock, or fetched by npm into the cache and proven against the lock's integrity. Works
 * for packages of other platforms too.
 *
 * @throws MentorError kit-unavailable, kit-corrupt
 */
export async function packageFolder(lockFile: string, name: string, context: BuildContext): Promise<string> {
  const pin = await locked(lockFile, name);
  if (pin === undefined) throw new MentorError("kit-unavailable", `${name} is not among the packages that this version of the app knows.`);
  const installed = join(dirname(lockFile), "node_modules", name);
  const manifest = await readFile(join(installed, "package.json"), "utf8").catch(() => null);
  if (manifest !== null && (JSON.parse(manifest) as { version: string }).version === pin.version) return installed;

  const cached = join(context.cache, "npm", `${name.replace("/", "+")}-${pin.version}`);
  if ((await readdir(cached).catch(() => [])).length > 0) return cached;
  await mkdir(dirname(cached), { recursive: true });
  const temporary = await mkdtemp(`${cached}.`);
  try {
    await fetchPackage(name, pin, temporary, context);
    await rename(temporary, cached);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return cached;
}

async function fetchPackage(name: string, pin: LockedPackage, folder: string, { signal, onProgress }: BuildContext): Promise<void> {
  const purpose = `Fetching ${name} ${pin.version}`;
  const startedAt = Date.now();
  // npm says nothing while it fetches: show at least that time passes and for what.
  const report = () => onProgress?.({ done: Math.round((Date.now() - startedAt) / 1000), total: null, unit: "seconds", rate: null, etaSeconds: null, detail: purpose });
  report();
  const ticking = setInterval(report, 1_000);
  const download = await mkdtemp(`${folder}.`);
  try {
    // On Windows npm is a batch file, which only its command interpreter starts; no path is among its words.
    const npm = process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", "npm.cmd"] : ["npm"];
    await runProgram([...npm, "pack", `${name}@${pin.version}`, "--ignore-scripts"], { cwd: download, purpose, advice: "Install Node.js with npm, connect this computer to the internet, then press Retry.", signal });
    const archive = join(download, (await readdir(download))[0]!);
    const found = await integrityOf(archive);
    if (found !== pin.integrity) throw new MentorError("kit-corrupt", `${name} ${pin.version} arrived, but is not what was pinned.`, { details: { found, expected: pin.integrity } });
    await extract({ file: archive, cwd: folder, strip: 1 });
  } finally {
    clearInterval(ticking);
    await rm(download, { recursive: true, force: true });
  }
}

async function integrityOf(path: string): Promise<string> {
  const hash = createHash("sha512");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha512-${hash.digest("base64")}`;
}
