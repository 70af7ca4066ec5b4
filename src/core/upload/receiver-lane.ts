import { createInterface } from "node:readline";
import { MentorError } from "../../contract/errors.ts";
import { InTurn } from "../in-turn.ts";
import type { Clock, HostLane } from "../ports.ts";
import { asideSuffix, hostDiskFull, type Destination, type Fetched, type FetchFrom, type FetchingLane, type Heard, type LaneBusy, type Sending, type Survey } from "./lane.ts";
import { LanePace } from "./lane-pace.ts";
import { MirrorRefusal } from "./mirror.ts";

/** A line to a receiver, whichever way it goes; `ended` resolves with why it ended. */
export interface ReceiverLine {
  stdin: NodeJS.WritableStream;
  stdout: NodeJS.ReadableStream;
  ended: Promise<MentorError>;
}

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
const PIECE_BYTES = 128 * 1024;

export const lineLost = (label: string, cause: unknown): MentorError => new MentorError("host-lost", `A connection to ${label} ended in the middle of the upload.`, { cause });

/** What a receiver is reached over. */
export type ReceiverConnection = Pick<HostLane, "roundTripMs" | "release" | "close">;

/** A lane that ends in remote/receiver/receiver.py. */
export class ReceiverLane implements FetchingLane {
  /** The receiver's answer to what it is for. */
  readonly opened: Promise<{ socket: string | null }>;
  readonly #connection: ReceiverConnection;
  readonly #line: ReceiverLine;
  readonly #label: string;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #pace: LanePace;
  readonly #writes = new InTurn();
  readonly #waiting: Waiting[] = [];
  /** What is being fetched, by the chunk's index: those answers come when they can. */
  readonly #fetching = new Map<number, Waiting>();
  readonly #patience = new AbortController();
  #heard: Heard | null = null;
  #failure: MentorError | undefined;

  constructor(connection: ReceiverConnection, line: ReceiverLine, label: string, destination: Destination, clock: Clock) {
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
      this.#line.stdin.write(bytes, (error) => (error ? reject(this.#failure ?? lineLost(this.#label, error)) : resolve()));
    });
  }

  #onLine(line: string): void {
    let reply: Reply & Partial<{ beat: LaneBusy; received: number; fetched: number }>;
    try {
      reply = JSON.parse(line) as Reply;
    } catch {
      return this.#fail(lineLost(this.#label, new Error(`the receiver answered ${JSON.stringify(line.slice(0, 80))}`)));
    }
    const before = this.#heard;
    if (before === null) this.#patience.abort();
    this.#heard = { at: this.#clock.now(), busy: reply.beat ?? before?.busy ?? "idle", received: reply.received ?? before?.received ?? 0 };
    if (reply.fetched !== undefined) this.#fetching.get(reply.fetched)?.resolve(reply);
    else if (reply.beat === undefined) this.#waiting.shift()?.resolve(reply);
  }

  #fail(failure: MentorError): void {
    this.#failure ??= failure;
    this.#patience.abort();
    for (const { reject } of [...this.#waiting.splice(0), ...this.#fetching.values()]) reject(this.#failure);
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
