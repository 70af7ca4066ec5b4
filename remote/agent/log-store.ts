import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { LogLevel, LogLine } from "../../src/contract/logs.ts";

const RING_LINES = 5_000;
const MAX_LINE_CHARACTERS = 8_192;

/**
 * Every line of the agent and its services: the newest in memory for whoever follows, and one file
 * a source under `logs/`, which is moved to `.1` (and that to `.2`) when it is full.
 */
export class LogStore {
  readonly #folder: string;
  readonly #maxFileBytes: number;
  readonly #files = new Map<string, { descriptor: number; bytes: number }>();
  readonly #ring: LogLine[] = [];
  readonly #waiting = new Set<() => void>();
  #seq = 0;

  constructor(folder: string, maxFileBytes = 5 * 2 ** 20) {
    this.#folder = folder;
    this.#maxFileBytes = maxFileBytes;
  }

  append(source: string, level: LogLevel, text: string): void {
    const line: LogLine = { seq: ++this.#seq, at: new Date().toISOString(), source, level, text: text.slice(0, MAX_LINE_CHARACTERS) };
    this.#ring.push(line);
    if (this.#ring.length > RING_LINES) this.#ring.shift();
    this.#write(line);
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Lines with a greater `seq`, oldest first. A `seq` of the future (an earlier agent's) counts as 0. */
  after(seq: number, limit = 200): LogLine[] {
    const from = seq > this.#seq ? 0 : seq;
    const first = this.#ring[0]?.seq ?? 1;
    const start = Math.max(0, from + 1 - first);
    return this.#ring.slice(start, start + limit);
  }

  /** The last lines of one source, for an error's causes. */
  tail(source: string, lines: number): string[] {
    return this.#ring.filter((line) => line.source === source).slice(-lines).map((line) => line.text);
  }

  /** Resolves at the next line, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = () => {
        signal.removeEventListener("abort", wake);
        this.#waiting.delete(wake);
        resolve();
      };
      signal.addEventListener("abort", wake, { once: true });
      this.#waiting.add(wake);
    });
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file.descriptor);
    this.#files.clear();
  }

  #write(line: LogLine): void {
    const path = join(this.#folder, `${line.source}.log`);
    const bytes = Buffer.from(`${line.at} ${line.level} ${line.text}\n`);
    try {
      let file = this.#files.get(line.source);
      if (file !== undefined && file.bytes + bytes.length > this.#maxFileBytes) {
        closeSync(file.descriptor);
        rotate(path);
        file = undefined;
      }
      if (file === undefined) {
        const descriptor = openSync(path, "a", 0o600);
        file = { descriptor, bytes: fstatSync(descriptor).size };
        this.#files.set(line.source, file);
      }
      writeSync(file.descriptor, bytes);
      file.bytes += bytes.length;
    } catch {
      // A full disk must not take the services down; the line is still in memory.
      this.#files.delete(line.source);
    }
  }
}

function rotate(path: string): void {
  for (const [from, to] of [[`${path}.1`, `${path}.2`], [path, `${path}.1`]] as const) {
    try {
      renameSync(from, to);
    } catch {
      // There was none yet.
    }
  }
}
