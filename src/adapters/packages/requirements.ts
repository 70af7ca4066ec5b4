import { readFile, rename, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Progress } from "../../contract/progress.ts";
import { ProgressMeter } from "../../core/progress-meter.ts";
import { sha256Of } from "./download.ts";
import { withLock } from "./lock.ts";
import { wheelLinks, type WantedWheel } from "./pip.ts";
import { fetchLink } from "./wheel.ts";

/** Waits after each attempt to learn a file's size. */
const WAITS_MS = [250, 1_000, 2_000];

/**
 * Brings the wheels that a requirements file pins into `folder`, each proven by its SHA-256 before
 * it gets its name. What is there and right is left alone; what was cut goes on where it stopped.
 *
 * @param wanted.python command of a Python that has pip
 * @param wanted.selection pip's options that choose among a package's files
 * @returns false when not all are there and only pip itself can reach the registry (a password, a proxy, own certificates)
 * @throws MentorError kit-unavailable, kit-corrupt
 */
export async function fetchRequirements(
  wanted: { requirements: string; folder: string; python: readonly string[]; selection: readonly string[] },
  options: { signal?: AbortSignal; onProgress?: (progress: Progress) => void },
): Promise<boolean> {
  const { signal, onProgress } = options;
  const pins = parseRequirements(await readFile(wanted.requirements, "utf8"));
  const asked = (done: number) => onProgress?.({ done, total: pins.length, unit: "files", rate: null, etaSeconds: null, detail: "Course store: asking pip where the packages are" });
  asked(0);
  const links = await wheelLinks(wanted.python, pins, { selection: wanted.selection, signal, onLink: asked });
  if (links === null) return false;
  const missing: { url: string; path: string; sha256: string }[] = [];
  for (const [index, { url, sha256: stated }] of links.entries()) {
    // A plain folder of wheels states no hashes; which of a package's pins is meant has to be known.
    const sha256 = stated ?? (url.startsWith("file:") ? await sha256Of(fileURLToPath(url), signal) : null);
    const name = basename(new URL(url).pathname);
    if (sha256 === null || !pins[index]!.sha256.includes(sha256) || !/^[\w.+-]+\.whl$/.test(name)) return false;
    const path = join(wanted.folder, name);
    if (!(await isWhole(path, sha256, signal))) missing.push({ url, path, sha256 });
  }
  const sizes = await Promise.all(missing.map(({ url }) => sizeAt(url, signal)));
  const meter = new ProgressMeter("bytes");
  const total = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  let before = 0;
  for (const [index, { url, path, sha256 }] of missing.entries()) {
    const bytes = sizes[index] ?? null;
    if (bytes === null) return false;
    const report = ({ done, detail }: Progress) => onProgress?.(meter.at(before + done, total, `Course store: ${detail}`));
    const arrived = await withLock(path, signal, (held) => fetchLink(url, path, { bytes, sha256, signal: held, onProgress: report }));
    if (!arrived) return false;
    before += bytes;
  }
  return true;
}

/** The packages of a requirements file in the form that `pip-compile --generate-hashes` writes. */
function parseRequirements(text: string): WantedWheel[] {
  return text
    .replaceAll(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .flatMap((line) => {
      const [, name, version] = /^([\w.-]+)==(\S+)/.exec(line) ?? [];
      if (name === undefined || version === undefined) return [];
      return [{ name, version, sha256: [...line.matchAll(/--hash=sha256:([0-9a-f]{64})/g)].map(([, hash]) => hash!) }];
    });
}

/** A file whose bytes went bad on the disk since it was proven is put aside. */
async function isWhole(path: string, sha256: string, signal?: AbortSignal): Promise<boolean> {
  if ((await stat(path).catch(() => null)) === null) return false;
  if ((await sha256Of(path, signal)) === sha256) return true;
  await rename(path, `${path}.corrupt`);
  return false;
}

/** Bytes of the file at an address; null where it cannot be told. */
async function sizeAt(url: string, signal?: AbortSignal): Promise<number | null> {
  if (url.startsWith("file:")) return (await stat(fileURLToPath(url))).size;
  for (const wait of WAITS_MS) {
    const response = await fetch(url, { method: "HEAD", headers: { "accept-encoding": "identity" }, signal }).catch(() => null);
    signal?.throwIfAborted();
    const length = response?.ok === true ? response.headers.get("content-length") : null;
    if (length !== null) return Number(length);
    // A refusal stays one; a line that was cut may be back.
    if (response !== null && response.status < 500) return null;
    await pause(wait, undefined, { signal });
  }
  return null;
}
