import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { once } from "node:events";
import { MentorError } from "../../contract/errors.ts";
import { InTurn } from "../in-turn.ts";
import type { Clock, Host, HostLane, HostProcess } from "../ports.ts";
import { asideSuffix, hostDiskFull, type Destination, type LaneBusy, type Survey, type UploadLane } from "./lane.ts";

/** The host has no Python that can run the receiver. */
export class NoReceiver extends Error {}

interface Reply {
  error?: string;
  message?: string;
  [field: string]: unknown;
}

/** Time the host gets to start the receiver. */
const START_MS = 30_000;

/** A lane that ends in remote/receiver/receiver.py. Throws `NoReceiver` where that cannot run. */
export async function openReceiverLane(host: Host, destination: Destination, clock: Clock, signal: AbortSignal): Promise<UploadLane> {
  const connection = await host.openLane(signal);
  try {
    const process = await connection.spawn(["python3", "-I", "-X", "utf8", "-c", receiverSource()], signal);
    const lane = new ReceiverLane(connection, process, host.label, destination, clock);
    await lane.greeted();
    await lane.open();
    return lane;
  } catch (error) {
    await connection.close();
    throw error;
  }
}

class ReceiverLane implements UploadLane {
  readonly #connection: HostLane;
  readonly #process: HostProcess;
  readonly #label: string;
  readonly #destination: Destination;
  readonly #clock: Clock;
  readonly #writes = new InTurn();
  readonly #waiting: { resolve(reply: Reply): void; reject(error: Error): void }[] = [];
  readonly #greeting: Promise<void>;
  #greet: () => void = () => {};
  #heard: { at: number; busy: LaneBusy } | null = null;
  #failure: MentorError | undefined;
  #stderr = "";

  constructor(connection: HostLane, process: HostProcess, label: string, destination: Destination, clock: Clock) {
    this.#connection = connection;
    this.#process = process;
    this.#label = label;
    this.#destination = destination;
    this.#clock = clock;
    this.#greeting = new Promise((resolve) => (this.#greet = resolve));
    process.stderr.on("data", (data: Buffer) => (this.#stderr = (this.#stderr + data.toString()).slice(-2000)));
    createInterface({ input: process.stdout }).on("line", (line) => this.#onLine(line));
    process.exited.then(
      () => this.#fail(new Error(this.#stderr.trim() || "the receiver ended")),
      (error: unknown) => this.#fail(error),
    );
  }

  /** Resolves when the receiver has started. */
  async greeted(): Promise<void> {
    const patience = new AbortController();
    const tooLate = this.#clock.sleep(START_MS, patience.signal).then(() => Promise.reject(this.#lost(new Error("the receiver did not start in time"))));
    const ended = this.#process.exited.then(() => {
      throw new NoReceiver(this.#stderr.trim());
    });
    tooLate.catch(() => {});
    ended.catch(() => {});
    await Promise.race([this.#greeting, ended, tooLate]).finally(() => patience.abort());
  }

  async open(): Promise<void> {
    const { path: final, bytes, chunkBytes } = this.#destination;
    await this.#request({ op: "open", final, bytes, chunkBytes });
  }

  async survey(): Promise<Survey> {
    const reply = (await this.#request({ op: "survey" })) as unknown as Omit<Survey, "chunks"> & { chunks: Record<string, string> };
    return { ...reply, chunks: new Map(Object.entries(reply.chunks).map(([index, hash]) => [Number(index), hash])) };
  }

  async begin(): Promise<void> {
    await this.#request({ op: "begin" });
  }

  async send(index: number, offset: number, bytes: Buffer): Promise<string> {
    return (await this.#request({ op: "chunk", index, offset, length: bytes.length }, bytes)).sha256 as string;
  }

  async check(which: "part" | "final", offset: number, length: number): Promise<string | null> {
    return (await this.#request({ op: "check", which, offset, length })).sha256 as string | null;
  }

  async finish(hashes: { root: string; sha256: string }, placed: boolean): Promise<string | null> {
    return (await this.#request({ op: "finish", ...hashes, placed, aside: asideSuffix(this.#clock.now()) })).keptAside as string | null;
  }

  heard(): { at: number; busy: LaneBusy } | null {
    return this.#heard;
  }

  async close(): Promise<void> {
    this.#process.stdin.end();
    await this.#connection.close();
  }

  async #request(header: Record<string, unknown>, payload?: Buffer): Promise<Reply> {
    const head = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(head.length);
    let answered: Promise<Reply> | undefined;
    await this.#writes.run(async () => {
      if (this.#failure !== undefined) throw this.#failure;
      answered = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
      answered.catch(() => {});
      await this.#write(Buffer.concat([length, head]));
      if (payload !== undefined) await this.#write(payload);
    });
    const reply = await answered!;
    if (reply.error !== undefined) throw hostFault(reply, this.#label, this.#destination.path);
    return reply;
  }

  /** Waits while the connection is full, so that no more than one chunk queues up in memory. */
  async #write(bytes: Buffer): Promise<void> {
    const { stdin } = this.#process;
    if (stdin.write(bytes)) return;
    const ended = new AbortController();
    try {
      await Promise.race([once(stdin, "drain", { signal: ended.signal }), once(stdin, "close", { signal: ended.signal })]);
    } finally {
      ended.abort();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #onLine(line: string): void {
    let reply: Reply;
    try {
      reply = JSON.parse(line) as Reply;
    } catch {
      return this.#fail(new Error(`the receiver answered ${JSON.stringify(line.slice(0, 80))}`));
    }
    this.#heard = { at: this.#clock.now(), busy: (reply.beat as LaneBusy | undefined) ?? this.#heard?.busy ?? "idle" };
    if (reply.receiver !== undefined) return this.#greet();
    if (reply.beat !== undefined) return;
    this.#waiting.shift()?.resolve(reply);
  }

  #fail(cause: unknown): void {
    this.#failure ??= this.#lost(cause);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
    this.#process.kill();
  }

  #lost(cause: unknown): MentorError {
    if (cause instanceof MentorError) return cause;
    return new MentorError("host-lost", `A connection to ${this.#label} ended in the middle of the upload.`, { cause });
  }
}

/** A fault of the host's disk, told by errno. */
function hostFault({ error = "", message = "" }: Reply, label: string, path: string): MentorError {
  const cause = new Error(`${error}: ${message}`);
  if (error === "ENOSPC" || error === "EDQUOT") return hostDiskFull(label, path, cause);
  if (error === "EACCES" || error === "EPERM" || error === "EROFS") return new MentorError("host-unsuitable", `${label} does not allow ${path} to be written.`, { cause, advice: "Choose another folder, or use an account that may write there." });
  if (error === "EISDIR" || error === "ENOTDIR" || error === "EEXIST" || error === "ENAMETOOLONG") {
    return new MentorError("input-invalid", `${path} cannot be a file on ${label} (${message.trim()}).`, { cause });
  }
  return new MentorError("upload-failed", `${label} could not store ${path} (${error}).`, { cause });
}

let source: string | undefined;

/** The receiver travels as an argument; it lies in `remote/` of the checkout or of the packaged app. */
function receiverSource(): string {
  for (let folder = import.meta.dirname; source === undefined; folder = dirname(folder)) {
    try {
      source = readFileSync(join(folder, "remote", "receiver", "receiver.py"), "utf8");
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
  return source;
}
