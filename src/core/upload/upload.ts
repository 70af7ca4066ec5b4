import { basename, join, posix } from "node:path";
import { createHash } from "node:crypto";
import { MentorError } from "../../contract/errors.ts";
import type { UploadProgress, UploadResult } from "../../contract/upload.ts";
import type { Clock, Host } from "../ports.ts";
import { ChunkFeed } from "./chunk-feed.ts";
import type { Destination, OpenLane, Survey, UploadLane } from "./lane.ts";
import { LocalLane } from "./local-lane.ts";
import { CHUNK_BYTES, chunkCount, chunkLength, rootHash, type ChunkManifest } from "./manifest.ts";
import { Patience } from "./patience.ts";
import { NoReceiver, openReceiverLane } from "./receiver-lane.ts";
import { openSftpLane } from "./sftp-lane.ts";
import { openFileSource, type ChunkSource } from "./source.ts";
import { Transfer } from "./transfer.ts";
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
  clock: Clock;
  signal: AbortSignal;
  onProgress?: (progress: UploadProgress) => void;
  /** Called once the hashes are complete, if they were not known before. */
  onManifest?: (manifest: ChunkManifest) => void | Promise<void>;
}

/** Free space that an upload leaves on the host for everybody else. */
const SPARE_BYTES = 64 * 2 ** 20;

/**
 * Brings a file to a host and proves by hash that it is there. Takes up what an earlier attempt
 * left, sends nothing when the file is there and proven, and keeps another file of that name
 * aside. Throws `stick-*`, `model-changed`, `disk-full`, `upload-*`, `host-*`.
 */
export async function uploadFile(options: UploadOptions): Promise<UploadResult> {
  const { host, clock, signal } = options;
  signal.throwIfAborted();
  const source = typeof options.source === "string" ? await openFileSource(options.source) : options.source;
  try {
    const known = options.knownManifest?.bytes === source.bytes ? options.knownManifest : undefined;
    const joinPath = host.kind === "local" ? join : posix.join;
    const path = options.into === "folder" ? joinPath(options.destination, basename(source.name)) : options.destination;
    const destination: Destination = { path, bytes: source.bytes, chunkBytes: known?.chunkBytes ?? options.chunkBytes ?? CHUNK_BYTES };
    return await new Upload({ ...options, knownManifest: known }, source, destination, laneOpener(host, destination, clock)).run();
  } finally {
    await source.close();
  }
}

/** The receiver where it can run, else SFTP; this computer's own disk needs neither. */
function laneOpener(host: Host, destination: Destination, clock: Clock): OpenLane {
  if (host.kind === "local") return async () => new LocalLane(destination, clock);
  let withReceiver = true;
  return async (signal) => {
    if (withReceiver) {
      try {
        return await openReceiverLane(host, destination, clock, signal);
      } catch (error) {
        if (!(error instanceof NoReceiver)) throw error;
        withReceiver = false;
      }
    }
    return openSftpLane(host, destination, clock, signal);
  };
}

class Upload {
  readonly #options: UploadOptions;
  readonly #source: ChunkSource;
  readonly #destination: Destination;
  readonly #openLane: OpenLane;
  readonly #patience: Patience;
  readonly #startedAt: number;

  constructor(options: UploadOptions, source: ChunkSource, destination: Destination, openLane: OpenLane) {
    this.#options = options;
    this.#source = source;
    this.#destination = destination;
    this.#openLane = openLane;
    this.#patience = new Patience(options.clock, options.signal);
    this.#startedAt = options.clock.now();
  }

  async run(): Promise<UploadResult> {
    let last: UploadLane | undefined;
    try {
      const { lane, survey, there } = await this.#withLane(undefined, async (open) => {
        last = open;
        const found = await open.survey();
        return { lane: open, survey: found, there: await this.#findInPlace(open, found) };
      });
      if (there !== null) {
        await this.#tellManifest(there);
        return this.#result(there.sha256, 0, true, null);
      }
      this.#requireSpace(survey);
      await lane.begin();
      last = undefined; // the transfer closes it, or hands it back
      const { manifest, bytesSent, idleLane } = await this.#transfer(lane, survey);
      last = idleLane;
      await this.#source.requireUnchanged();
      const kept = await this.#withLane(last, async (open) => {
        last = open;
        return open.finish(manifest, false);
      });
      await this.#tellManifest(manifest);
      return this.#result(manifest.sha256, bytesSent, false, kept);
    } finally {
      await last?.close().catch(() => {});
    }
  }

  async #transfer(first: UploadLane, survey: Survey) {
    const { clock, signal, knownManifest, onProgress } = this.#options;
    const { bytes, chunkBytes } = this.#destination;
    const feed = new ChunkFeed(this.#source, chunkBytes, knownManifest, survey.chunks);
    const lanes: UploadLane[] = [];
    const meter = new UploadMeter(clock, bytes, () => ({ lanes, reading: feed.reading, detail: `Sending ${this.#source.name}` }), onProgress);
    // On this computer more lanes only make the disk seek; and each lane wants some chunks to carry.
    const laneLimit = this.#options.host.kind === "local" ? 1 : Math.max(1, Math.ceil(chunkCount(bytes, chunkBytes) / 2));
    const transfer = new Transfer({ openLane: this.#openLane, feed, meter, clock, signal, laneLimit, lanes });
    await transfer.run(first);
    meter.report(true);
    return { manifest: feed.manifest(), bytesSent: transfer.bytesSent, idleLane: transfer.idleLane };
  }

  /**
   * The manifest of the file when it stands at its destination already, proven chunk by chunk;
   * null when it does not. A file that we put there and nobody touched is not read again.
   */
  async #findInPlace(lane: UploadLane, survey: Survey): Promise<ChunkManifest | null> {
    const { knownManifest: known, clock, signal, onProgress } = this.#options;
    const { bytes, chunkBytes } = this.#destination;
    if (survey.finalBytes !== bytes) return null;
    if (known !== undefined && survey.proven?.root === known.root) return known;
    if (known !== undefined && survey.proven !== null) return null;

    let reading = false;
    const meter = new UploadMeter(clock, bytes, () => ({ lanes: [lane], reading, detail: `Comparing ${this.#source.name} with the file on the host` }), onProgress);
    const whole = createHash("sha256");
    const chunks: string[] = [];
    for (let index = 0; index < chunkCount(bytes, chunkBytes); index++) {
      signal.throwIfAborted();
      const offset = index * chunkBytes;
      const length = chunkLength(index, bytes, chunkBytes);
      const there = survey.proven === null ? lane.check("final", offset, length) : Promise.resolve(survey.chunks.get(index) ?? null);
      there.catch(() => {}); // heard of below, unless reading fails first
      let own = known?.chunks[index];
      if (own === undefined) {
        reading = true;
        const piece = await this.#source.read(offset, length);
        reading = false;
        whole.update(piece);
        own = createHash("sha256").update(piece).digest("hex");
      }
      if ((await there) !== own) return null;
      chunks.push(own);
      meter.proved(length);
    }
    await this.#source.requireUnchanged();
    const manifest: ChunkManifest = known ?? { version: 1, bytes, chunkBytes, chunks, root: rootHash(chunks), sha256: whole.digest("hex") };
    await lane.finish(manifest, true);
    meter.report(true);
    return manifest;
  }

  #requireSpace({ freeBytes, partBytes }: Survey): void {
    const needed = Math.max(0, this.#destination.bytes - partBytes) + SPARE_BYTES;
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
        if (!(error instanceof MentorError) || error.code !== "host-lost") throw error;
        await this.#patience.pause(error);
      }
    }
  }

  async #tellManifest(manifest: ChunkManifest): Promise<void> {
    if (this.#options.knownManifest === undefined) await this.#options.onManifest?.(manifest);
  }

  #result(sha256: string, bytesSent: number, skipped: boolean, keptAside: string | null): UploadResult {
    const { path, bytes } = this.#destination;
    return { path, bytes, sha256, bytesSent, seconds: (this.#options.clock.now() - this.#startedAt) / 1000, skipped, ...(keptAside !== null && { keptAside }) };
  }
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);
