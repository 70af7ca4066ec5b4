import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, stat, truncate, unlink } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { MentorError } from "../../contract/errors.ts";
import type { Progress } from "../../contract/progress.ts";
import { ProgressMeter, throttled } from "../../core/progress-meter.ts";

export interface DownloadOptions {
  /** Expected size in bytes and SHA-256 in hex of the whole file. */
  bytes: number;
  sha256: string;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Waits between attempts, in ms; replaced in tests. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds without a byte after which an attempt is given up. */
  idleMs?: number;
}

/** Waits after the first, second, … attempt in a row that brought nothing new. */
const BACKOFF_MS = [500, 1_000, 2_000, 4_000, 8_000];

/** An answer of the server that no further attempt will change. */
export class DownloadRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`The server answered ${status}.`);
    this.name = "DownloadRefused";
    this.status = status;
  }
}

/**
 * Fetches `url` into `path`. What has arrived stays in `<path>.part` and is taken up again, in this
 * call after a cut and in the next one after a crash. The file gets its name only once its
 * SHA-256 is right; otherwise it is put aside as `<path>.corrupt`.
 *
 * @throws MentorError kit-corrupt when the content is not what was pinned
 * @throws MentorError kit-unavailable when the server cannot be reached
 * @throws DownloadRefused for an answer that trying again does not change
 */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { signal, sleep = (ms, abort) => pause(ms, undefined, { signal: abort }) } = options;
  const part = `${path}.part`;
  const name = basename(path);
  await mkdir(dirname(path), { recursive: true });
  const meter = new ProgressMeter("bytes");
  const report = throttled(options.onProgress);
  let fruitless = 0;
  for (;;) {
    const before = await sizeOf(part);
    if (before === options.bytes) break;
    if (before > options.bytes) await truncate(part, 0);
    try {
      await attempt(url, part, options, (done) => report(() => meter.at(done, options.bytes, `Fetching ${name}`)));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DownloadRefused) throw error;
      fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1;
      if (fruitless > BACKOFF_MS.length) {
        throw new MentorError("kit-unavailable", `${name} could not be fetched: the server cannot be reached.`, {
          kept: `${await sizeOf(part)} of ${options.bytes} bytes are kept.`,
          details: { file: name },
          cause: error,
        });
      }
      report(() => meter.at(before, options.bytes, `Waiting to go on with ${name}: the line was cut`), true);
      await sleep(BACKOFF_MS[Math.max(0, fruitless - 1)]!, signal);
    }
  }
  report(() => meter.at(options.bytes, options.bytes, `Checking ${name}`), true);
  const found = await sha256Of(part, signal);
  if (found !== options.sha256) {
    await rename(part, `${path}.corrupt`);
    throw new MentorError("kit-corrupt", `${name} arrived, but its SHA-256 is ${found} instead of ${options.sha256}.`, {
      details: { file: name, asidePath: `${path}.corrupt` },
    });
  }
  await rename(part, path);
  await unlink(`${path}.corrupt`).catch(() => {});
}

async function attempt(url: string, part: string, options: DownloadOptions, onBytes: (done: number) => void): Promise<void> {
  const offset = await sizeOf(part);
  const idle = new AbortController();
  const idleMs = options.idleMs ?? 60_000;
  const timer = setTimeout(() => idle.abort(new Error(`Nothing arrived for ${idleMs / 1000} s.`)), idleMs);
  const signal = options.signal === undefined ? idle.signal : AbortSignal.any([options.signal, idle.signal]);
  try {
    // A compressed answer would make offsets meaningless.
    const headers: Record<string, string> = { "accept-encoding": "identity" };
    if (offset > 0) headers.range = `bytes=${offset}-`;
    const response = await fetch(url, { headers, signal });
    if (!response.ok) {
      await response.body?.cancel();
      if (response.status === 416) {
        await truncate(part, 0);
        throw new Error("The server does not know this range.");
      }
      if (response.status >= 500 || response.status === 429 || response.status === 408) throw new Error(`The server answered ${response.status}.`);
      throw new DownloadRefused(response.status);
    }
    const resumed = response.status === 206 && new RegExp(`^bytes ${offset}-`).test(response.headers.get("content-range") ?? "");
    if (response.status === 206 && !resumed) throw new Error("The server sent another range than the one asked for.");
    const file = await open(part, resumed ? "r+" : "w");
    try {
      let position = resumed ? offset : 0;
      for await (const chunk of response.body ?? []) {
        timer.refresh();
        if (position + chunk.length > options.bytes) throw new Error("The server sent more than the file holds.");
        await file.write(chunk, 0, chunk.length, position);
        position += chunk.length;
        onBytes(position);
      }
      if (position < options.bytes) throw new Error(`The line was cut after ${position} of ${options.bytes} bytes.`);
      await file.sync();
    } finally {
      await file.close();
    }
  } finally {
    clearTimeout(timer);
  }
}

/** SHA-256 in hex of a whole file. */
export async function sha256Of(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
