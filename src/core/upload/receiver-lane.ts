import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { MentorError } from "../../contract/errors.ts";
import { abortable } from "../abortable.ts";
import { InTurn } from "../in-turn.ts";
import type { Clock, Host, HostLane, HostProcess } from "../ports.ts";
import { asideSuffix, hostDiskFull, type Destination, type Fetched, type FetchFrom, type FetchingLane, type Heard, type LaneBusy, type Sending, type Survey, type UploadLane } from "./lane.ts";
import { LanePace } from "./lane-pace.ts";
import { MirrorRefusal } from "./mirror.ts";

/** The receiver ended without a word: the host has no Python that can run it, or no room for one more. */
export class NoReceiver extends MentorError {}

interface Reply {
  error?: string;
  message?: string;
  [field: string]: unknown;
}

interface Waiting {
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

/** Time the host gets to start the receiver. */
const START_MS = 30_000;

/** What goes into the line at once: small enough that lanes take turns, big enough to cost one system call. */
const PIECE_BYTES = 256 * 1024;

/**
 * Reads the receiver's source from its own input and runs it: a word of ten thousand letters would
 * go through the account's shell letter by letter, on every connection.
 */
const START = "import os,sys\ns=b''\nwhile len(s)<int(sys.argv[1]):\n r=os.read(0,int(sys.argv[1])-len(s))\n if not r: sys.exit(3)\n s+=r\nexec(compile(s,'receiver','exec'))";

/**
 * A lane that ends in remote/receiver/receiver.py. It is there as soon as the program is on its way,
 * since on a long line every wait for an answer is seen: what is asked of it rejects with
 * `NoReceiver` where it cannot run.
 */
export async function openReceiverLane(host: Host, destination: Destination, clock: Clock, signal: AbortSignal): Promise<UploadLane> {
  return startReceiver(await host.openLane(signal), sourceOf("receiver.py"), host.label, destination, clock, signal);
}

/**
 * The same for what a mirror gives. Questions weigh next to nothing, so they go over the connection
 * that the host has anyway: no log-in, and nothing that is being sent stands before them on it.
 */
export async function openFetchingLane(host: Host, destination: Destination, clock: Clock, signal: AbortSignal): Promise<FetchingLane> {
  const processes: HostProcess[] = [];
  const connection: ReceiverConnection = {
    roundTripMs: host.roundTripMs,
    async spawn(argv) {
      const process = await host.spawn(argv);
      processes.push(process);
      return process;
    },
    release: async () => {},
    close: async () => processes.forEach((process) => process.kill()),
  };
  return startReceiver(connection, Buffer.concat([sourceOf("mirror.py"), sourceOf("receiver.py")]), host.label, destination, clock, signal);
}

type ReceiverConnection = Pick<HostLane, "roundTripMs" | "spawn" | "release" | "close">;

async function startReceiver(connection: ReceiverConnection, source: Buffer, label: string, destination: Destination, clock: Clock, signal: AbortSignal): Promise<ReceiverLane> {
  try {
    const process = await abortable(connection.spawn(["python3", "-I", "-S", "-X", "utf8", "-c", START, String(source.length)]), signal);
    return new ReceiverLane(connection, process, source, label, destination, clock);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

class ReceiverLane implements FetchingLane {
  readonly #connection: ReceiverConnection;
  readonly #process: HostProcess;
  readonly #label: string;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #pace: LanePace;
  readonly #writes = new InTurn();
  readonly #waiting: Waiting[] = [];
  /** What is being fetched, by the chunk's index: those answers come when they can. */
  readonly #fetching = new Map<number, Waiting>();
  readonly #patience = new AbortController();
  readonly #opened: Promise<unknown>;
  #heard: Heard | null = null;
  #failure: MentorError | undefined;
  #stderr = "";

  constructor(connection: ReceiverConnection, process: HostProcess, source: Buffer, label: string, destination: Destination, clock: Clock) {
    this.#connection = connection;
    this.#process = process;
    this.#label = label;
    this.#destination = destination;
    this.#clock = clock;
    this.#pace = new LanePace(connection.roundTripMs, destination.chunkBytes);
    process.stderr.on("data", (data: Buffer) => (this.#stderr = (this.#stderr + data.toString()).slice(-2000)));
    createInterface({ input: process.stdout }).on("line", (line) => this.#onLine(line));
    process.exited.then(
      () => this.#fail(this.#heard === null ? new NoReceiver("host-lost", `${label} does not run the receiver of uploads.`, { cause: new Error(this.#stderr.trim()) }) : new Error(this.#stderr.trim() || "the receiver ended")),
      (error: unknown) => this.#fail(error),
    );
    clock.sleep(START_MS, this.#patience.signal).then(
      () => this.#fail(new Error("the receiver did not start in time")),
      () => {}, // it answers
    );
    const { path: final, bytes, chunkBytes, upload } = destination;
    this.#writes.run(() => this.#write(source)).catch(() => {}); // whatever is asked next fails too
    this.#opened = this.#request({ op: "open", final, bytes, chunkBytes, upload });
    this.#opened.catch(() => {});
  }

  get depth(): number {
    return this.#pace.depth;
  }

  async survey(neededBytes: number): Promise<Survey> {
    const surveyed = this.#request({ op: "survey", neededBytes });
    surveyed.catch(() => {});
    await this.#opened;
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

  async fetch({ index, offset, length }: Parameters<FetchingLane["fetch"]>[0], sha256: string, { url, timeoutSeconds, fetchers }: FetchFrom): Promise<Fetched> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#fetching.set(index, { resolve, reject });
      this.#writes.run(() => this.#tell({ op: "fetch", index, offset, length, sha256, url, timeoutSeconds, fetchers })).catch(reject);
    }).finally(() => this.#fetching.delete(index));
    return this.#accepted(reply) as unknown as Fetched;
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
    const clean = this.#failure === undefined && this.#waiting.length + this.#fetching.size === 0;
    this.#failure ??= this.#lost(new Error("closed"));
    this.#process.stdin.end();
    await (clean ? this.#connection.release() : this.#connection.close());
  }

  async #request(header: Record<string, unknown>): Promise<Reply> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      this.#writes.run(() => this.#ask(header, undefined, { resolve, reject })).catch(reject);
    });
    return this.#accepted(reply);
  }

  /** Resolves when the line has taken the question; the answer comes to `waiting`. */
  async #ask(header: Record<string, unknown>, payload: Buffer | undefined, waiting: Waiting): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    this.#waiting.push(waiting);
    await this.#tell(header);
    if (payload === undefined) return;
    for (let start = 0; start < payload.length; start += PIECE_BYTES) await this.#write(payload.subarray(start, start + PIECE_BYTES));
  }

  #tell(header: Record<string, unknown>): Promise<void> {
    const head = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(head.length);
    return this.#write(Buffer.concat([length, head]));
  }

  #accepted(reply: Reply): Reply {
    if (reply.error !== undefined) throw hostFault(reply, this.#label, this.#destination.path);
    return reply;
  }

  /** Resolves when the line has taken the bytes, so that no more than one piece a lane waits in memory. */
  #write(bytes: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#process.stdin.write(bytes, (error) => (error ? reject(this.#failure ?? this.#lost(error)) : resolve()));
    });
  }

  #onLine(line: string): void {
    let reply: Reply & Partial<{ beat: LaneBusy; received: number; fetched: number }>;
    try {
      reply = JSON.parse(line) as Reply;
    } catch {
      return this.#fail(new Error(`the receiver answered ${JSON.stringify(line.slice(0, 80))}`));
    }
    const before = this.#heard;
    this.#patience.abort();
    this.#heard = { at: this.#clock.now(), busy: reply.beat ?? before?.busy ?? "idle", received: reply.received ?? before?.received ?? 0 };
    if (reply.fetched !== undefined) this.#fetching.get(reply.fetched)?.resolve(reply);
    else if (reply.beat === undefined) this.#waiting.shift()?.resolve(reply);
  }

  #fail(cause: unknown): void {
    this.#failure ??= this.#lost(cause);
    this.#patience.abort();
    for (const { reject } of [...this.#waiting.splice(0), ...this.#fetching.values()]) reject(this.#failure);
    this.#process.kill();
  }

  #lost(cause: unknown): MentorError {
    if (cause instanceof MentorError) return cause;
    return new MentorError("host-lost", `A connection to ${this.#label} ended in the middle of the upload.`, { cause });
  }
}

/** A fault of the host's disk, told by errno. */
function hostFault({ error = "", message = "" }: Reply, label: string, path: string): MentorError {
  if (error === "EMIRROR") return new MirrorRefusal("upload-failed", message);
  const cause = new Error(`${error}: ${message}`);
  if (error === "ENOSPC" || error === "EDQUOT") return hostDiskFull(label, path, cause);
  if (error === "EACCES" || error === "EPERM" || error === "EROFS") return new MentorError("host-unsuitable", `${label} does not allow ${path} to be written.`, { cause, advice: "Choose another folder, or use an account that may write there." });
  if (error === "ESUPERSEDED") return new MentorError("upload-failed", `Another upload writes to ${path} on ${label} now.`, { advice: "Wait for the other one, or send this file under another name." });
  if (error === "EISDIR" || error === "ENOTDIR" || error === "EEXIST" || error === "ENAMETOOLONG") {
    return new MentorError("input-invalid", `${path} cannot be a file on ${label} (${message.trim()}).`, { cause });
  }
  return new MentorError("upload-failed", `${label} could not store ${path} (${error}).`, { cause });
}

const sources = new Map<string, Buffer>();

/** They lie in `remote/` of the checkout or of the packaged app. */
function sourceOf(name: string): Buffer {
  for (let folder = import.meta.dirname; !sources.has(name); folder = dirname(folder)) {
    try {
      sources.set(name, readFileSync(join(folder, "remote", "receiver", name)));
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
  return sources.get(name)!;
}
