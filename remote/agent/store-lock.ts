import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rm, type FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname } from "node:path";
import { MentorError } from "../../src/contract/errors.ts";
import type { Clock } from "./clock.ts";
import { bootId, identify, isSame, type ProcessIdentity } from "./process-identity.ts";

/** What stands in the lock's file, padded to one length so that a beat overwrites it in place. */
interface LockRecord {
  owner: string;
  host: string;
  boot: string;
  process: ProcessIdentity | null;
  /** Grows; that it grows is the sign of life. Nobody's clock is compared with anybody else's. */
  beat: number;
  /** The holder let go by itself. */
  released: boolean;
}

/** A lock that is looked at, and how often it was found unchanged. */
interface Watched {
  number: number;
  content: string;
  looks: number;
}

const RECORD_BYTES = 512;
/** The holder says that it lives. Milliseconds. */
const BEAT_MS = 5_000;
/** A lock that did not change for so long, while it was watched, is nobody's any more. */
const LEASE_MS = 30_000;
const LOOK_MS = 1_000;
/** A holder whose last sign of life is so old must let go before anybody else may take over. */
const LOST_MS = 20_000;

export interface LockOptions {
  clock: Clock;
  signal: AbortSignal;
  /** What is waited for. */
  say(detail: string): void;
  /** The lock is somebody else's now, or cannot be kept: the store has to be closed at once. */
  lost(error: MentorError): void;
  /** For tests: who this is, and a disk that does not answer. */
  host?: string;
  write?: typeof writeRecord;
}

/**
 * Keeps two machines from opening one store on a shared disk (a network volume on two pods). A holder
 * on this machine that has died is known at once; one on another machine by its silence, which is
 * watched for a whole lease. That is counted in looks, and the holder's own limit is a timer: a clock
 * that is set takes no store from anybody.
 *
 * Each holder has a file of its own, `PATH.1`, `PATH.2`, …, and the highest counts. Whoever follows
 * makes the next one, which exactly one can; nothing is ever taken away that might still be held.
 *
 * @returns lets go
 * @throws MentorError store-locked when the holder lives
 */
export async function lockStore(path: string, options: LockOptions): Promise<() => Promise<void>> {
  const { clock, signal, say, write = writeRecord } = options;
  const me: LockRecord = { owner: randomUUID(), host: options.host ?? hostname(), boot: bootId(), process: identify(process.pid), beat: 0, released: false };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  for (let watched = null as Watched | null; ; ) {
    const number = await highest(path);
    const content = number === 0 ? "" : await readFile(`${path}.${number}`, "utf8").catch(() => null);
    if (content === null) continue;
    const holder = parse(content);
    if (watched?.number === number && content !== watched.content && !holder?.released) {
      throw new MentorError("store-locked", `The course store ${path.replace(/\.lock$/, "")} is open on another machine (${holder?.host ?? "unknown"}).`, { details: { host: holder?.host ?? "" } });
    }
    if (watched?.number !== number) watched = { number, content, looks: 0 };
    if (number === 0 || holder?.released || hasDied(holder, me) || watched.looks >= LEASE_MS / LOOK_MS) {
      const file = await create(`${path}.${number + 1}`, me, write);
      if (file === null) continue;
      if ((await highest(path)) === number + 1) return hold(path, number + 1, file, me, options);
      // Others have come and gone since the look above.
      await file.close();
      await rm(`${path}.${number + 1}`, { force: true });
      continue;
    }
    say(`Another machine (${holder?.host ?? "unknown"}) had this course store open; waiting to see whether it still lives`);
    await clock.sleep(LOOK_MS, signal);
    watched.looks++;
  }
}

/** Whether somebody may have the store open, without waiting for a sign of life: a holder on another machine counts until it has let go. */
export async function mayBeHeld(path: string): Promise<boolean> {
  const number = await highest(path);
  if (number === 0) return false;
  const holder = parse(await readFile(`${path}.${number}`, "utf8").catch(() => ""));
  return !holder?.released && !hasDied(holder, { host: hostname(), boot: bootId() });
}

/** The holder was a process of this machine, and is gone. */
const hasDied = (holder: LockRecord | null, me: Pick<LockRecord, "host" | "boot">): boolean =>
  holder !== null && holder.host === me.host && holder.boot === me.boot && holder.process !== null && !isSame(holder.process);

/** Number of the lock that counts; 0 when there is none. */
async function highest(path: string): Promise<number> {
  return Math.max(0, ...(await numbers(path)));
}

async function numbers(path: string): Promise<number[]> {
  const prefix = `${basename(path)}.`;
  const names = await readdir(dirname(path));
  return names.flatMap((name) => (name.startsWith(prefix) && /^\d{1,15}$/.test(name.slice(prefix.length)) ? [Number(name.slice(prefix.length))] : []));
}

/** null when it is there already. */
async function create(path: string, record: LockRecord, write: typeof writeRecord): Promise<FileHandle | null> {
  try {
    const file = await open(path, "wx", 0o600);
    await write(file, record);
    return file;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return null;
    throw error;
  }
}

async function hold(path: string, number: number, file: FileHandle, record: LockRecord, { clock, lost, write = writeRecord }: LockOptions): Promise<() => Promise<void>> {
  for (const older of await numbers(path)) if (older < number) await rm(`${path}.${older}`, { force: true });
  const over = new AbortController();
  const lose = (message: string, cause?: unknown): void => {
    if (over.signal.aborted) return;
    over.abort();
    lost(new MentorError("store-locked", message, { cause }));
  };
  let failure: unknown;
  // Runs from the beginning of a beat, since others may have seen it from there on; ends when a later one has succeeded.
  const fuse = (): AbortController => {
    const out = new AbortController();
    void clock.sleep(LOST_MS, AbortSignal.any([out.signal, over.signal])).then(
      () => lose("The disk of the course store gives no answer, so that another machine may take it over.", failure),
      () => undefined,
    );
    return out;
  };
  let burning = fuse();
  const beat = async (): Promise<void> => {
    const next = fuse();
    try {
      await write(file, { ...record, beat: ++record.beat });
      if ((await highest(path)) !== number) return lose("Another machine took over the course store, because this one gave no sign of life for too long.");
      burning.abort();
      burning = next;
    } catch (error) {
      failure = error;
      next.abort();
    }
  };
  const beating = (async () => {
    while (!over.signal.aborted) {
      await clock.sleep(BEAT_MS, over.signal);
      await beat();
    }
  })().catch(() => {});
  /** A disk that hangs must not hold up the end. */
  const patiently = async (work: Promise<unknown>): Promise<void> => {
    const done = new AbortController();
    await Promise.race([work, clock.sleep(BEAT_MS, done.signal)]).catch(() => {});
    done.abort();
  };
  return async () => {
    over.abort();
    await patiently(beating);
    // Left there as a word to the next, who counts on from it.
    await patiently(write(file, { ...record, released: true }));
    await patiently(file.close());
  };
}

async function writeRecord(file: FileHandle, record: LockRecord): Promise<void> {
  await file.write(JSON.stringify(record).padEnd(RECORD_BYTES), 0);
  await file.sync();
}

function parse(content: string): LockRecord | null {
  try {
    return JSON.parse(content) as LockRecord;
  } catch {
    return null;
  }
}
