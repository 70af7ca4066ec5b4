import { createHash } from "node:crypto";
import { MentorError } from "../../contract/errors.ts";
import { runToEnd } from "../host/run.ts";
import type { Clock, Host, HostLane, LaneFile } from "../ports.ts";
import { asideSuffix, hostDiskFull, type Destination, type Sending, type Survey, type UploadLane } from "./lane.ts";

/** Other lanes may have taken, or given back, what one of them has found missing. */
const ALMOST_FULL_BYTES = 8 * 2 ** 20;

/** `sh -c SURVEY sh FINAL FOLDER`; constant, names come as arguments. */
const SURVEY = `
mkdir -p -- "$2" || exit
size() { if [ -e "$1" ]; then stat -L -c %s -- "$1"; else echo -; fi; }
size "$1"
if [ -e "$1.part" ]; then stat -L -c %b -- "$1.part"; else echo 0; fi
df -Pk -- "$2" | tail -n 1
if [ -e "$1.part" ]; then cat -- "$1.journal" 2>/dev/null; fi
exit 0`;

/** `sh -c HASH sh FILE CHUNK_BYTES INDEX` */
const HASH = 'dd if="$1" bs="$2" skip="$3" count=1 2>/dev/null | sha256sum';

/** `sh -c NOTE sh JOURNAL LINE` */
const NOTE = 'printf "%s\\n" "$2" >>"$1"';

/** `sh -c CLAIM sh JOURNAL CHUNK_BYTES INDEX` */
const CLAIM = 'grep "^$2 $3 " "$1" | tail -n 1';

/** `sh -c FINISH sh FINAL ASIDE PLACED`; prints the name under which another file was kept. */
const FINISH = `
[ "$3" = yes ] && exit 0
[ -e "$1.part" ] || { [ -e "$1" ]; exit; }
sync -- "$1.part" 2>/dev/null || sync
if [ -e "$1" ] || [ -L "$1" ]; then
  kept=$1.$2; n=1
  while [ -e "$kept" ] || [ -L "$kept" ]; do n=$((n + 1)); kept=$1.$2-$n; done
  mv -- "$1" "$kept" && printf %s "$kept" || exit
fi
mv -- "$1.part" "$1"`;

/**
 * For hosts without Python: SFTP writes, and the host's own tools hash what landed. Slower, and
 * with a simpler journal, but the proof is the same.
 */
export async function openSftpLane(host: Host, destination: Destination, clock: Clock, signal: AbortSignal): Promise<UploadLane> {
  return new SftpLane(await host.openLane(signal), host.label, destination, clock);
}

class SftpLane implements UploadLane {
  readonly depth = 2;
  readonly #connection: HostLane;
  readonly #label: string;
  readonly #destination: Destination;
  readonly #clock: Clock;
  #file: Promise<LaneFile> | undefined;

  constructor(connection: HostLane, label: string, destination: Destination, clock: Clock) {
    this.#connection = connection;
    this.#label = label;
    this.#destination = destination;
    this.#clock = clock;
  }

  async survey(): Promise<Survey> {
    const { path } = this.#destination;
    const lines = (await this.#run(SURVEY, path, path.replace(/\/[^/]*$/, "") || "/")).split("\n");
    const [final = "-", blocks = "0", volume = "", ...journal] = lines;
    const chunks = new Map<number, string>();
    for (const line of journal) {
      const [, chunkBytes, index, hash] = /^(\d+) (\d+) ([0-9a-f]{64})$/.exec(line) ?? [];
      if (Number(chunkBytes) === this.#destination.chunkBytes) chunks.set(Number(index), hash!);
    }
    return {
      finalBytes: final === "-" ? null : Number(final),
      proven: null,
      chunks,
      // Size, used, available, share: found by their shape, as the names around them may hold spaces.
      freeBytes: Number(/\s\d+\s+\d+\s+(\d+)\s+\d+%\s/.exec(volume)?.[1] ?? 0) * 1024,
      partBytes: Number(blocks) * 512,
      begun: false,
    };
  }

  async begin(): Promise<void> {
    await this.#run(': >>"$1"', `${this.#destination.path}.part`);
  }

  send(index: number, offset: number, bytes: Buffer): Sending {
    const written = this.#write(offset, bytes);
    const landed = written.then((file) => this.#prove(file, index, offset, bytes.length));
    landed.catch(() => {}); // heard of by whoever waits for it
    return { taken: written.then(() => {}), landed };
  }

  async claim(index: number): Promise<string | null> {
    const line = await this.#run(CLAIM, `${this.#destination.path}.journal`, String(this.#destination.chunkBytes), String(index));
    return /[0-9a-f]{64}$/.exec(line.trim())?.[0] ?? null;
  }

  async check(which: "part" | "final", offset: number, length: number): Promise<string | null> {
    const hash = await this.#hash(which, offset);
    if (hash !== null) return hash;
    const file = await this.#connection.openFile(this.#path(which), "r+");
    const bytes = await file.read(length, offset);
    await file.close();
    return bytes.length < length ? null : hashOf(bytes);
  }

  async finish(_hashes: { root: string; sha256: string }, placed: boolean): Promise<string | null> {
    return (await this.#run(FINISH, this.#destination.path, asideSuffix(this.#clock.now()), placed ? "yes" : "no")) || null;
  }

  heard(): null {
    return null;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #write(offset: number, bytes: Buffer): Promise<LaneFile> {
    this.#file ??= this.#connection.openFile(`${this.#destination.path}.part`, "r+");
    const file = await this.#file;
    await file.write(bytes, offset).catch((error: unknown) => this.#explain(error, bytes.length));
    return file;
  }

  async #prove(file: LaneFile, index: number, offset: number, length: number): Promise<string> {
    const landed = (await this.#hash("part", offset)) ?? hashOf(await file.read(length, offset));
    await this.#run(NOTE, `${this.#destination.path}.journal`, `${this.#destination.chunkBytes} ${index} ${landed}`).catch((error: unknown) => this.#explain(error, length));
    return landed;
  }

  #path = (which: "part" | "final") => (which === "part" ? `${this.#destination.path}.part` : this.#destination.path);

  /** null where the host has no sha256sum. */
  async #hash(which: "part" | "final", offset: number): Promise<string | null> {
    const { chunkBytes } = this.#destination;
    const output = await this.#run(HASH, this.#path(which), String(chunkBytes), String(offset / chunkBytes));
    return /^[0-9a-f]{64}(?= )/.exec(output)?.[0] ?? null;
  }

  async #run(script: string, ...words: string[]): Promise<string> {
    const result = await runToEnd(await this.#connection.spawn(["/bin/sh", "-c", script, "sh", ...words]), { maxOutputBytes: 64 * 2 ** 20 });
    if (result.exitCode === 0 || script === HASH) return result.stdout;
    const cause = new Error(result.stderr.trim());
    const { path } = this.#destination;
    if (/No space left|quota exceeded/i.test(result.stderr)) throw hostDiskFull(this.#label, path, cause);
    throw new MentorError("upload-failed", `${this.#label} could not store ${path}.`, { cause });
  }

  /** SFTP says no more than "failure" when a disk is full, and a shell "I/O error": the disk is asked itself. */
  async #explain(error: unknown, neededBytes: number): Promise<never> {
    if (!(error instanceof MentorError) || error.code !== "upload-failed") throw error;
    const { freeBytes } = await this.survey();
    throw freeBytes < Math.max(neededBytes, ALMOST_FULL_BYTES) ? hostDiskFull(this.#label, this.#destination.path, error) : error;
  }
}

const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
