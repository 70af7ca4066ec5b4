import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { MentorError } from "../../contract/errors.ts";
import { abortable } from "../abortable.ts";
import { InTurn } from "../in-turn.ts";
import type { Clock, Host, HostLane } from "../ports.ts";
import { asideSuffix, hostDiskFull, type Destination, type Heard, type LaneBusy, type Sending, type Survey, type UploadLane } from "./lane.ts";
import { LanePace } from "./lane-pace.ts";

/** The receiver ended without a word: the host has no Python that can run it, or no room for one more. */
export class NoReceiver extends MentorError {}

interface Reply {
  error?: string;
  message?: string;
  [field: string]: unknown;
}

/** Time the host gets to start the receiver. */
const START_MS = 30_000;

/** On a shorter way, in milliseconds, a second round trip goes unnoticed. */
const LONG_WAY_MS = 30;
/** Where so many lanes do not fill the line, loss holds them back, and not SSH's window. */
const MOST_HURRIED = 8;

/** Time in which a program that says no more tells how it ended. */
const EXIT_MS = 2_000;

/** What goes into the line at once: small enough that lanes take turns, big enough to cost one system call. */
const PIECE_BYTES = 128 * 1024;

/**
 * Reads the receiver's source from its own input and runs it: a word of ten thousand letters would
 * go through the account's shell letter by letter, on every connection.
 */
const START = "import os,sys\ns=b''\nwhile len(s)<int(sys.argv[1]):\n r=os.read(0,int(sys.argv[1])-len(s))\n if not r: sys.exit(3)\n s+=r\nexec(compile(s,'receiver','exec'))";

/** A line to a receiver, whichever way it goes; `ended` resolves with why it ended. */
interface ReceiverLine {
  stdin: NodeJS.WritableStream;
  stdout: NodeJS.ReadableStream;
  ended: Promise<MentorError>;
}

/**
 * The receivers of one upload (remote/receiver/receiver.py). One is started; the lanes after the
 * first reach it through its socket, because what an account's start-up files and Python cost would
 * be paid dozens of times. Where sshd forbids that, each lane starts its own.
 */
export class Receivers {
  readonly #host: Host;
  readonly #destination: Destination;
  readonly #clock: Clock;
  /** Path of the running receiver's socket, as soon as it is known; null where it has none. */
  #socket: Promise<string | null> | undefined;
  #socketsAllowed = true;
  #hurried = 0;

  constructor(host: Host, destination: Destination, clock: Clock) {
    this.#host = host;
    this.#destination = destination;
    this.#clock = clock;
  }

  /**
   * A lane is there as soon as its receiver is on its way, since on a long line every wait for an
   * answer is seen: what is asked of it rejects with `NoReceiver` where none can run.
   */
  readonly openLane = async (signal: AbortSignal): Promise<UploadLane> => {
    let announce: ((socket: string | null) => void) | undefined;
    this.#socket ??= new Promise((resolve) => (announce = resolve));
    const socket = this.#socket;
    try {
      const connection = await this.#host.openLane(signal);
      try {
        const line = announce === undefined ? await this.#reach(connection, socket, signal) : null;
        const lane = new ReceiverLane(connection, line ?? (await this.#start(connection, signal)), this.#host.label, this.#destination, this.#clock);
        lane.opened.then((reply) => announce?.(reply.socket), () => announce?.(null));
        return lane;
      } catch (error) {
        await connection.close();
        throw error;
      }
    } catch (error) {
      announce?.(null);
      throw error;
    }
  };

  /** A line to the receiver that runs; null where it has to be another one. */
  async #reach(connection: HostLane, socket: Promise<string | null>, signal: AbortSignal): Promise<ReceiverLine | null> {
    const path = await abortable(socket, signal);
    if (path === null || !this.#socketsAllowed) return null;
    try {
      const { stdin, stdout, closed } = await abortable(connection.connect(path), signal);
      if (connection.roundTripMs >= LONG_WAY_MS && this.#hurried < MOST_HURRIED) {
        this.#hurried++;
        hurry(connection).catch(() => {}); // slower, if it must be
      }
      return { stdin, stdout, ended: closed.then(() => this.#lost("the receiver closed the line")) };
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof MentorError && error.code === "tunnel-failed") this.#socketsAllowed = false;
      // It is gone, perhaps with the line of the first lane: whoever opens the next lane starts a new one.
      else if (this.#socket === socket) this.#socket = undefined;
      return null;
    }
  }

  async #start(connection: HostLane, signal: AbortSignal): Promise<ReceiverLine> {
    const source = receiverSource();
    const { stdin, stdout, stderr, exited } = await abortable(connection.spawn(["python3", "-I", "-S", "-X", "utf8", "-c", START, String(source.length)]), signal);
    stdin.write(source);
    let complaint = "";
    let answered = false;
    stderr.on("data", (data: Buffer) => (complaint = (complaint + data.toString()).slice(-2000)));
    stdout.once("data", () => (answered = true));
    const exit = exited.then(
      () => (answered ? this.#lost(complaint.trim() || "the receiver ended") : new NoReceiver("host-lost", `${this.#host.label} does not run the receiver of uploads.`, { cause: new Error(complaint.trim()) })),
      (error: unknown) => (error instanceof MentorError ? error : this.#lost(String(error))),
    );
    // It forks a process for each line: this one's may end before the one that was started.
    const silenced = new Promise<MentorError>((resolve) => {
      stdout.once("end", () => this.#clock.sleep(EXIT_MS).then(() => resolve(this.#lost("the receiver of this line ended"))));
    });
    return { stdin, stdout, ended: Promise.race([exit, silenced]) };
  }

  #lost(why: string): MentorError {
    return lineLost(this.#host.label, new Error(why));
  }
}

/**
 * Has sshd turn Nagle's algorithm off on a connection, which it does once a program is started there.
 * Until then what it says waits until what it said before is acknowledged: at 100 ms a chunk was
 * proven after 205 ms instead of 102, and SSH's window of 2 MiB crossed the line half as often.
 */
async function hurry(connection: HostLane): Promise<void> {
  const program = await connection.spawn(["true"]);
  program.stdin.end();
}

const lineLost = (label: string, cause: unknown): MentorError => new MentorError("host-lost", `A connection to ${label} ended in the middle of the upload.`, { cause });

class ReceiverLane implements UploadLane {
  /** The receiver's answer to what it is for. */
  readonly opened: Promise<{ socket: string | null }>;
  readonly #connection: HostLane;
  readonly #line: ReceiverLine;
  readonly #label: string;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #pace: LanePace;
  readonly #writes = new InTurn();
  readonly #waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  readonly #patience = new AbortController();
  #heard: Heard | null = null;
  #failure: MentorError | undefined;

  constructor(connection: HostLane, line: ReceiverLine, label: string, destination: Destination, clock: Clock) {
    this.#connection = connection;
    this.#line = line;
    this.#label = label;
    this.#destination = destination;
    this.#clock = clock;
    this.#pace = new LanePace(connection.roundTripMs, destination.chunkBytes);
    createInterface({ input: line.stdout }).on("line", (text) => this.#onLine(text));
    void line.ended.then((error) => this.#fail(error));
    clock.sleep(START_MS, this.#patience.signal).then(
      () => this.#fail(lineLost(label, new Error("the receiver did not start in time"))),
      () => {}, // it answers
    );
    const { path: final, bytes, chunkBytes, upload } = destination;
    this.opened = this.#request({ op: "open", final, bytes, chunkBytes, upload }) as Promise<Reply & { socket: string | null }>;
    this.opened.catch(() => {}); // whatever is asked next fails too
  }

  get depth(): number {
    return this.#pace.depth;
  }

  async survey(neededBytes: number): Promise<Survey> {
    const surveyed = this.#request({ op: "survey", neededBytes });
    surveyed.catch(() => {});
    await this.opened;
    const reply = (await surveyed) as unknown as Omit<Survey, "chunks"> & { chunks: Record<string, string> };
    return { ...reply, chunks: new Map(Object.entries(reply.chunks).map(([index, hash]) => [Number(index), hash])) };
  }

  async begin(): Promise<void> {
    await this.#request({ op: "begin" });
  }

  send(index: number, offset: number, bytes: Buffer): Sending {
    const proven = this.#pace.sending(this.#clock.now());
    let taken!: Promise<void>;
    const answered = new Promise<Reply>((resolve, reject) => {
      taken = this.#writes.run(() => this.#ask({ op: "chunk", index, offset, length: bytes.length }, bytes, { resolve, reject }));
      taken.catch(reject);
    });
    const landed = answered.then((reply) => {
      const { sha256 } = this.#accepted(reply);
      proven(this.#clock.now());
      return sha256 as string;
    });
    landed.catch(() => {}); // heard of by whoever waits for it
    return { taken, landed };
  }

  async claim(index: number): Promise<string | null> {
    return (await this.#request({ op: "claim", index })).sha256 as string | null;
  }

  async check(which: "part" | "final", offset: number, length: number): Promise<string | null> {
    return (await this.#request({ op: "check", which, offset, length })).sha256 as string | null;
  }

  async finish(hashes: { root: string; sha256: string }, placed: boolean): Promise<string | null> {
    return (await this.#request({ op: "finish", ...hashes, placed, aside: asideSuffix(this.#clock.now()) })).keptAside as string | null;
  }

  heard(): Heard | null {
    return this.#heard;
  }

  /** A connection on which nothing is left can serve again; the receiver ends with its input. */
  async close(): Promise<void> {
    const clean = this.#failure === undefined && this.#waiting.length === 0;
    this.#failure ??= lineLost(this.#label, new Error("closed"));
    this.#line.stdin.end();
    await (clean ? this.#connection.release() : this.#connection.close());
  }

  async #request(header: Record<string, unknown>): Promise<Reply> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#writes.run(() => this.#ask(header, undefined, { resolve, reject })).catch(reject);
    });
    return this.#accepted(reply);
  }

  /** Resolves when the line has taken the question; the answer comes to `waiting`. */
  async #ask(header: Record<string, unknown>, payload: Buffer | undefined, waiting: { resolve(reply: Reply): void; reject(error: Error): void }): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const head = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(head.length);
    this.#waiting.push(waiting);
    await this.#write(Buffer.concat([length, head]));
    if (payload === undefined) return;
    for (let start = 0; start < payload.length; start += PIECE_BYTES) await this.#write(payload.subarray(start, start + PIECE_BYTES));
  }

  #accepted(reply: Reply): Reply {
    if (reply.error !== undefined) throw hostFault(reply, this.#label, this.#destination.path);
    return reply;
  }

  /** Resolves when the line has taken the bytes, so that no more than one piece a lane waits in memory. */
  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#line.stdin.write(bytes, (error) => (error ? reject(this.#failure ?? lineLost(this.#label, error)) : resolve()));
    });
  }

  #onLine(line: string): void {
    let reply: Reply & Partial<{ beat: LaneBusy; received: number }>;
    try {
      reply = JSON.parse(line) as Reply;
    } catch {
      return this.#fail(lineLost(this.#label, new Error(`the receiver answered ${JSON.stringify(line.slice(0, 80))}`)));
    }
    const before = this.#heard;
    if (before === null) this.#patience.abort();
    this.#heard = { at: this.#clock.now(), busy: reply.beat ?? before?.busy ?? "idle", received: reply.received ?? before?.received ?? 0 };
    if (reply.beat === undefined) this.#waiting.shift()?.resolve(reply);
  }

  #fail(failure: MentorError): void {
    this.#failure ??= failure;
    this.#patience.abort();
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }
}

/** A fault of the host's disk, told by errno. */
function hostFault({ error = "", message = "" }: Reply, label: string, path: string): MentorError {
  const cause = new Error(`${error}: ${message}`);
  if (error === "ENOSPC" || error === "EDQUOT") return hostDiskFull(label, path, cause);
  if (error === "EACCES" || error === "EPERM" || error === "EROFS") return new MentorError("host-unsuitable", `${label} does not allow ${path} to be written.`, { cause, advice: "Choose another folder, or use an account that may write there." });
  if (error === "ESUPERSEDED") return new MentorError("upload-failed", `Another upload writes to ${path} on ${label} now.`, { advice: "Wait for the other one, or send this file under another name." });
  if (error === "EISDIR" || error === "ENOTDIR" || error === "EEXIST" || error === "ENAMETOOLONG") {
    return new MentorError("input-invalid", `${path} cannot be a file on ${label} (${message.trim()}).`, { cause });
  }
  return new MentorError("upload-failed", `${label} could not store ${path} (${error}).`, { cause });
}

let source: Buffer | undefined;

/** It lies in `remote/` of the checkout or of the packaged app. */
function receiverSource(): Buffer {
  for (let folder = import.meta.dirname; source === undefined; folder = dirname(folder)) {
    try {
      source = readFileSync(join(folder, "remote", "receiver", "receiver.py"));
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
  return source;
}
