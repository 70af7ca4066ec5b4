import { createHash } from "node:crypto";
import { MentorError } from "../../../src/contract/errors.ts";
import type { Fetched, FetchingLane, Heard, Sending, Survey } from "../../../src/core/upload/lane.ts";
import type { ChunkSource } from "../../../src/core/upload/source.ts";

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What a lane does with a chunk before it lands; `drop` is the line's end. */
export type Carry = (index: number, lane: MemoryLane) => Promise<void> | void;

/** What a mirror has of a chunk; a `MirrorRefusal` where it does not give it. */
export type Give = (index: number) => Promise<Buffer> | Buffer;

/** A host in memory: what lanes deliver lies in `landed`, by chunk. */
export class MemoryHost {
  readonly landed = new Map<number, Buffer>();
  readonly lanes: MemoryLane[] = [];
  readonly carry: Carry;
  readonly give: Give;
  /** How often each chunk was sent. */
  readonly sends = new Map<number, number>();

  constructor(carry: Carry = () => {}, give: Give = () => Promise.reject(new Error("there is no mirror"))) {
    this.carry = carry;
    this.give = give;
  }

  open = async (): Promise<MemoryLane> => {
    const lane = new MemoryLane(this);
    this.lanes.push(lane);
    return lane;
  };
}

export class MemoryLane implements FetchingLane {
  readonly depth = 2;
  readonly #host: MemoryHost;
  readonly #lost: Promise<never>;
  #drop: (error: Error) => void = () => {};
  closed = false;
  received = 0;

  constructor(host: MemoryHost) {
    this.#host = host;
    this.#lost = new Promise((_, reject) => (this.#drop = reject));
    this.#lost.catch(() => {});
  }

  drop(): void {
    this.#drop(new MentorError("host-lost", "The line was cut."));
  }

  survey(): Promise<Survey> {
    throw new Error("not asked here");
  }

  async begin(): Promise<void> {}

  send(index: number, _offset: number, bytes: Buffer): Sending {
    this.#host.sends.set(index, (this.#host.sends.get(index) ?? 0) + 1);
    const landed = Promise.race([this.#lost, Promise.resolve(this.#host.carry(index, this)).then(() => this.#land(index, bytes))]);
    landed.catch(() => {});
    return { taken: Promise.resolve(), landed };
  }

  fetch({ index }: { index: number }, wanted: string): Promise<Fetched> {
    const fetched = Promise.resolve(index).then(async () => {
      const bytes = await this.#host.give(index);
      const hash = sha256(bytes);
      if (hash === wanted) this.#host.landed.set(index, bytes);
      return { sha256: hash, seconds: 0.1, idleSeconds: 0 };
    });
    return Promise.race([this.#lost, fetched]);
  }

  async claim(index: number): Promise<string | null> {
    const there = this.#host.landed.get(index);
    return there === undefined ? null : sha256(there);
  }

  async check(_which: string, offset: number, length: number): Promise<string | null> {
    return this.claim(offset / length);
  }

  async finish(): Promise<null> {
    return null;
  }

  heard(): Heard {
    return { at: 0, busy: "idle", received: this.received };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.drop();
  }

  #land(index: number, bytes: Buffer): string {
    this.#host.landed.set(index, Buffer.from(bytes));
    this.received += bytes.length;
    return sha256(bytes);
  }
}

/** A source in memory. */
export function memorySource(content: Buffer): ChunkSource & { reads: number[] } {
  const reads: number[] = [];
  return {
    reads,
    name: "model.gguf",
    bytes: content.length,
    async read(bytes, offset) {
      reads.push(offset);
      content.copy(bytes, 0, offset);
    },
    requireUnchanged: async () => {},
    close: async () => {},
  };
}
