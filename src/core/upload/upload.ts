import { basename, join, posix } from "node:path";
import { randomUUID } from "node:crypto";
import { MentorError } from "../../contract/errors.ts";
import type { UploadProgress, UploadResult } from "../../contract/upload.ts";
import { recognisePublished } from "../model/published.ts";
import type { Clock, Host } from "../ports.ts";
import { BufferPool } from "./buffer-pool.ts";
import { ChunkFeed } from "./chunk-feed.ts";
import { findInPlace } from "./in-place.ts";
import { openHasher } from "./hasher.ts";
import { firstLanes, LanePolicy, MOST_LANES } from "./lane-policy.ts";
import type { Destination, FetchingLane, OpenLane, Survey, UploadLane } from "./lane.ts";
import { LocalLane } from "./local-lane.ts";
import { CHUNK_BYTES, chunkCount, type ChunkManifest } from "./manifest.ts";
import { Mirror, type MirrorOptions } from "./mirror.ts";
import { Patience } from "./patience.ts";
import { NoReceiver, Receivers } from "./receivers.ts";
import { openSftpLane } from "./sftp-lane.ts";
import { openFileSource, type ChunkSource } from "./source.ts";
import { LineDelay } from "./line-delay.ts";
import { Transfer, type TransferOptions } from "./transfer.ts";
import { UploadMeter } from "./upload-meter.ts";

export interface UploadOptions {
  host: Host;
  /** Path of a file on this computer, or any other source of chunks. */
  source: string | ChunkSource;
  /** Path on the host: of the file, or with `into: "folder"` of the folder it goes into. */
  destination: string;
  into?: "folder";
  /** Hashes from an earlier upload of the same file. */
  knownManifest?: ChunkManifest;
  /** Size of a chunk in bytes where no manifest says it; default CHUNK_BYTES. */
  chunkBytes?: number;
  /** Where the host may get parts of the file too, as the user has allowed. Another computer's only: this one has the stick. */
  mirror?: MirrorOptions;
  clock: Clock;
  signal: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
  /** Called once the hashes are complete, if they were not known before. */
  onManifest?: (manifest: ChunkManifest) => void | Promise<void>;
}

/** Memory for chunks that are read, on their way or not yet proven. */
const BUFFER_BYTES = 40 * 2 ** 20;
const FEWEST_BUFFERS = 8;
/** A slow lane has one chunk on its way, and the next one some of the time. */
const BUFFERS_A_LANE = 1.5;
/** A lane that is opened for fewer takes longer to open than they would have waited. */
const CHUNKS_WORTH_A_LANE = 4;
/** More memory where chunks pass through it only to be hashed: the lanes must not hold all there is. */
const MIRROR_BUFFERS = 8;
/** Free space that an upload leaves on the host for everybody else. */
const SPARE_BYTES = 64 * 2 ** 20;

/**
 * Brings a file to a host and proves by hash that it is there. Takes up what an earlier attempt
 * left, sends nothing when the file is there and proven, and keeps another file of that name
 * aside. A mirror only makes it quicker: nothing of it counts without the source's hash, and whatever
 * becomes of it, the source alone suffices. Throws `stick-*`, `model-changed`, `disk-full`, `upload-*`,
 * `host-*`, and `input-invalid` for the mirror's address.
 */
export async function uploadFile(options: UploadOptions): Promise<UploadResult> {
  const { host, signal } = options;
  signal.throwIfAborted();
  const mirror = options.mirror === undefined || host.kind === "local" ? undefined : new Mirror(options.mirror);
  const source = typeof options.source === "string" ? await openFileSource(options.source) : options.source;
  try {
    const known = options.knownManifest?.bytes === source.bytes ? options.knownManifest : undefined;
    const joinPath = host.kind === "local" ? join : posix.join;
    const path = options.into === "folder" ? joinPath(options.destination, basename(source.name)) : options.destination;
    const destination: Destination = { upload: randomUUID(), path, bytes: source.bytes, chunkBytes: known?.chunkBytes ?? options.chunkBytes ?? CHUNK_BYTES };
    return await new Upload({ ...options, knownManifest: known }, source, destination, mirror).run();
  } finally {
    await source.close();
  }
}

class Upload {
  readonly #options: UploadOptions;
  readonly #source: ChunkSource;
  readonly #destination: Destination;
  readonly #mirror: Mirror | undefined;
  readonly #patience: Patience;
  readonly #startedAt: number;
  readonly #receivers: Receivers;
  #withReceiver = true;

  constructor(options: UploadOptions, source: ChunkSource, destination: Destination, mirror: Mirror | undefined) {
    this.#options = options;
    this.#source = source;
    this.#destination = destination;
    this.#mirror = mirror;
    this.#patience = new Patience(options.clock, options.signal);
    this.#startedAt = options.clock.now();
    this.#receivers = new Receivers(options.host, destination, options.clock);
  }

  async run(): Promise<UploadResult> {
    const { host, signal } = this.#options;
    let last: UploadLane | undefined;
    const looking = this.#withLane(undefined, async (open) => {
      last = open;
      const survey = await open.survey(this.#neededBytes(0));
      return { lane: open, survey, there: await findInPlace(open, survey, this.#source, this.#destination, this.#options) };
    });
    let ahead = this.#openAhead();
    const fetcher = this.#mirror === undefined ? [] : [opening(this.#openFetcher(signal))];
    try {
      const { lane, survey, there } = await looking;
      if (!this.#withReceiver) {
        this.#mirror?.giveUp(`${host.label} has no Python to fetch from ${this.#mirror.name} with`);
        await closeAll([...ahead, ...fetcher.splice(0)]);
        ahead = this.#openAhead();
      }
      if (there !== null) {
        await this.#tellManifest(there);
        return this.#result(there.sha256, { bytesSent: 0, bytesKept: there.bytes }, true, null);
      }
      if (!survey.begun) {
        this.#requireSpace(survey);
        await lane.begin();
      }
      last = undefined; // the transfer closes it, or hands it back
      const { manifest, amounts, idleLane } = await this.#transfer([Promise.resolve(lane), ...ahead.splice(0)], fetcher.pop(), survey);
      last = idleLane;
      await this.#source.requireUnchanged();
      const kept = await this.#withLane(last, async (open) => {
        last = open;
        return open.finish(manifest, false);
      });
      await this.#tellManifest(manifest);
      return this.#result(manifest.sha256, amounts, false, kept);
    } finally {
      await closeAll([last, ...ahead, ...fetcher]);
    }
  }

  /** Most lanes that are of use: on this computer more only make the disk seek; each wants chunks to carry, and memory for them. */
  get #mostLanes(): number {
    const { bytes, chunkBytes } = this.#destination;
    if (this.#options.host.kind === "local") return 1;
    return Math.max(1, Math.min(MOST_LANES, Math.ceil(chunkCount(bytes, chunkBytes) / CHUNKS_WORTH_A_LANE), Math.floor(bufferCount(chunkBytes) / BUFFERS_A_LANE)));
  }

  /** The lanes beside the first are opened while that one still looks at what is there. */
  #openAhead(): Promise<UploadLane>[] {
    const { host, signal } = this.#options;
    return Array.from({ length: Math.min(firstLanes(host.roundTripMs), this.#mostLanes) - 1 }, () => opening(this.#openLane(signal)));
  }

  /** All lanes are open, or being opened, already. */
  async #transfer(lanes: Promise<UploadLane>[], fetcher: Promise<FetchingLane> | undefined, survey: Survey) {
    const { clock, signal, knownManifest, onProgress, host } = this.#options;
    const { bytes, chunkBytes } = this.#destination;
    const hasher = openHasher(bytes, knownManifest === undefined);
    const feed = new ChunkFeed(this.#source, chunkBytes, knownManifest, survey.chunks, hasher, new BufferPool(chunkBytes, bufferCount(chunkBytes) + (fetcher === undefined ? 0 : MIRROR_BUFFERS)));
    try {
      const meter = new UploadMeter(clock, bytes, () => ({ lanes: transfer.lanes, reading: feed.reading, detail: this.#doing() }), onProgress);
      const policy = new LanePolicy(firstLanes(host.roundTripMs), this.#mostLanes);
      const transfer: Transfer = new Transfer({ openLane: this.#openLane, feed, meter, policy, delay: new LineDelay(host, clock), count: chunkCount(bytes, chunkBytes), clock, signal, fill: this.#fill(fetcher) });
      const idleLane = await transfer.run(lanes);
      meter.report(true);
      return { manifest: await feed.manifest(), amounts: { bytesSent: transfer.bytesSent, bytesKept: transfer.bytesKept }, idleLane };
    } finally {
      await feed.close();
      await hasher.close();
    }
  }

  #fill(given: Promise<FetchingLane> | undefined): TransferOptions["fill"] {
    return this.#mirror && given && { mirror: this.#mirror, openLane: this.#openFetcher, given };
  }

  #doing(): string {
    const { name } = this.#source;
    if (this.#mirror === undefined) return `Sending ${name}`;
    if (this.#mirror.fault === undefined) return `Sending ${name}, and fetching parts of it from ${this.#mirror.name}`;
    return `Sending ${name} from the stick alone: ${this.#mirror.fault}`;
  }

  /** @param partBytes that an earlier attempt has taken up already */
  #neededBytes(partBytes: number): number {
    return Math.max(0, this.#destination.bytes - partBytes) + SPARE_BYTES;
  }

  #requireSpace({ freeBytes, partBytes }: Survey): void {
    const needed = this.#neededBytes(partBytes);
    if (freeBytes >= needed) return;
    throw new MentorError("disk-full", `${this.#options.host.label} has ${gigabytes(freeBytes)} GB free, and ${this.#source.name} needs ${gigabytes(needed)} GB.`, {
      details: { freeBytes, neededBytes: needed, path: this.#destination.path },
    });
  }

  /** Does a short piece of work on a lane, on a new one whenever the line fails. */
  async #withLane<Value>(lane: UploadLane | undefined, work: (lane: UploadLane) => Promise<Value>): Promise<Value> {
    for (let current = lane; ; current = undefined) {
      try {
        current ??= await this.#openLane(this.#options.signal);
        return await work(current);
      } catch (error) {
        this.#options.signal.throwIfAborted();
        await current?.close().catch(() => {});
        if (error instanceof NoReceiver && this.#withReceiver) {
          this.#withReceiver = false;
          continue;
        }
        if (!(error instanceof MentorError) || error.code !== "host-lost") throw error;
        await this.#patience.pause(error);
      }
    }
  }

  /** With the receiver until the host has shown that it cannot run it, then over SFTP; this computer's own disk needs neither. */
  readonly #openLane: OpenLane = async (signal) => {
    const { host, clock } = this.#options;
    if (host.kind === "local") return new LocalLane(this.#destination, clock);
    return this.#withReceiver ? this.#receivers.openLane(signal) : openSftpLane(host, this.#destination, clock, signal);
  };

  readonly #openFetcher = (signal: AbortSignal): Promise<FetchingLane> => this.#receivers.openFetcher(signal);

  async #tellManifest(manifest: ChunkManifest): Promise<void> {
    if (this.#options.knownManifest === undefined) await this.#options.onManifest?.(manifest);
  }

  #result(sha256: string, amounts: Pick<UploadResult, "bytesSent" | "bytesKept">, skipped: boolean, keptAside: string | null): UploadResult {
    const { path, bytes } = this.#destination;
    const { fault, bytes: bytesFromMirror = 0 } = this.#mirror ?? {};
    const published = recognisePublished(this.#source.name, bytes, sha256);
    return {
      path,
      bytes,
      sha256,
      ...amounts,
      bytesFromMirror,
      seconds: (this.#options.clock.now() - this.#startedAt) / 1000,
      skipped,
      ...(published !== null && { published }),
      ...(keptAside !== null && { keptAside }),
      ...(fault !== undefined && { mirrorFault: fault }),
    };
  }
}

/** Its failure is heard of when it is used. */
function opening<Lane>(lane: Promise<Lane>): Promise<Lane> {
  lane.catch(() => {});
  return lane;
}

async function closeAll(lanes: (UploadLane | undefined | Promise<UploadLane>)[]): Promise<void> {
  await Promise.allSettled(lanes.map(async (lane) => (await lane)?.close()));
}

const bufferCount = (chunkBytes: number): number => Math.max(FEWEST_BUFFERS, Math.floor(BUFFER_BYTES / chunkBytes));

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);
