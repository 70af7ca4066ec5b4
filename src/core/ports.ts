import type { HostChoice } from "../contract/session.ts";
import type { LogLevel } from "../contract/logs.ts";
import type { Cloud, GpuOffer, MicroUsd, NetworkVolume, PodDisk, PodState } from "../contract/rent.ts";

/**
 * What the core needs from outside. Each port is fulfilled by one folder under src/adapters, and
 * by a strict stand-in under test/fakes where the real thing cannot be had.
 */

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface ExecOptions {
  /** Written to the program's standard input, which is then closed. */
  input?: string | Uint8Array;
  signal?: AbortSignal;
  /** Bytes of output kept of each stream; default 1 MiB, the rest is dropped. */
  maxOutputBytes?: number;
}

export interface ExecResult {
  exitCode: number | null;
  /** Name of the signal that ended it. */
  killedBy: string | null;
  stdout: string;
  stderr: string;
}

/** A running program on a host, with its three streams. */
export interface HostProcess {
  stdin: NodeJS.WritableStream;
  stdout: NodeJS.ReadableStream;
  stderr: NodeJS.ReadableStream;
  /** Resolves when it has ended and its output has been read. */
  exited: Promise<{ exitCode: number | null; killedBy: string | null }>;
  kill(): void;
}

export interface HostStream {
  stdin: NodeJS.WritableStream;
  stdout: NodeJS.ReadableStream;
  /** Resolves when it is closed, from whichever end. */
  closed: Promise<void>;
}

export interface Tunnel {
  /** Port on this computer's loopback. */
  localPort: number;
  /** The wanted local port was taken. */
  moved: boolean;
  close(): Promise<void>;
}

/**
 * A computer that can run the mentor: this one, or one behind SSH. Programs are always an argument
 * vector; no word of it is ever read by a shell. Every call rejects with a MentorError.
 */
export interface Host {
  readonly kind: "local" | "ssh";
  /** For people: "this computer", "root@203.0.113.7:22022". */
  readonly label: string;
  /** The shortest round trip that was seen, in milliseconds. */
  readonly roundTripMs: number;
  /** Resolves when the host has answered a question that costs it nothing. */
  ping(): Promise<void>;
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  spawn(argv: readonly string[], signal?: AbortSignal): Promise<HostProcess>;
  /** Writes a small file atomically (temporary name, then rename). `mode` is octal, default 0o600. */
  writeFile(path: string, content: string | Uint8Array, mode?: number): Promise<void>;
  /** null when it is not there. At most `maxBytes` (default 1 MiB). */
  readFile(path: string, maxBytes?: number): Promise<Uint8Array | null>;
  /** Size in bytes and mtime in ms; null when there is no such file. */
  stat(path: string): Promise<{ bytes: number; mtimeMs: number } | null>;
  /** Reaches a port on the host's loopback from this computer's loopback. */
  openTunnel(remotePort: number, wantedLocalPort: number): Promise<Tunnel>;
  /** A separate connection for bulk data, perhaps one that has served before. The local host returns itself. */
  openLane(signal?: AbortSignal): Promise<HostLane>;
  /** Called at once and at every change: since when the connection is gone and being made anew (ms since the epoch), null while it stands. */
  onLine(listener: (goneSince: number | null) => void): void;
  /** Called once when the connection is gone for good. */
  onLost(listener: (error: Error) => void): void;
  close(): Promise<void>;
}

/** One connection's worth of bulk transfer. */
export interface HostLane {
  /** Of the line when nothing else was on it, in milliseconds. */
  readonly roundTripMs: number;
  /** The program's input takes bytes as fast as the line does: a write is called back once the line has taken it. */
  spawn(argv: readonly string[], signal?: AbortSignal): Promise<HostProcess>;
  /**
   * A stream to a Unix socket on the host; its input is like that of `spawn`. Throws `host-lost`
   * where nobody listens, or where the host allows none: it does not tell.
   */
  connect(path: string): Promise<HostStream>;
  /** SFTP on this connection, where no receiver can run. */
  openFile(path: string, flags: "r+" | "w"): Promise<LaneFile>;
  /** Lets go of the connection: it may serve somebody else, as nothing is left on it. */
  release(): Promise<void>;
  /** Ends the connection, with all that is on it. */
  close(): Promise<void>;
}

export interface LaneFile {
  write(bytes: Uint8Array, position: number): Promise<void>;
  read(length: number, position: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Which keys a rented machine may show. Its address was somebody else's yesterday, so it is known by
 * its own name instead, and by the fingerprints that came another way, where there are any.
 */
export interface HostIdentity {
  /** Under which the key is pinned when it is first met: one for each start of one machine. */
  name: string;
  /** `SHA256:…`: all that are known, or as many as were read until `shown` was among them. None: the first key that is met is pinned. */
  fingerprints(shown: string): Promise<readonly string[]>;
}

/** What a machine showed, and since when it runs as the provider tells it (ISO 8601): what its log said before does not count. */
export interface ExpectedKey {
  fingerprint: string;
  startedAt: string;
}

export interface ConnectOptions {
  /** Default: the host is known by its address. */
  knownAs?: HostIdentity;
  /** How many lanes to open at the same time, from the round trip in ms, where an upload follows at once: on a long line log-ins take longer than all else. */
  lanes?: (roundTripMs: number) => number;
  /** The same once the host is known, where the upload follows a little later. */
  lanesNext?: (roundTripMs: number) => number;
}

export interface HostConnector {
  connect(choice: HostChoice, signal?: AbortSignal, options?: ConnectOptions): Promise<Host>;
}

/** What is asked of a provider for one machine with one graphics card. */
export interface PodOrder {
  /** Carries the session's id (`podName` in src/core/rent), so that a machine whose order's answer was lost is found again. */
  name: string;
  /** `GpuOffer.id` */
  gpu: string;
  cloud: Cloud;
  /** Only machines whose driver runs at least this CUDA version, "12.4"; null for any. */
  minCuda: string | null;
  /** Where it must stand; empty: anywhere. */
  dataCenters: readonly string[];
  /** One line of OpenSSH; the only one that opens the machine. Set for this machine alone. */
  publicKey: string;
  /** `gigabytes` is the machine's own disk at /workspace; or a network volume there. */
  disk: { kind: "own"; gigabytes: number } | { kind: "network"; volumeId: string };
}

/** A machine as the provider describes it. */
export interface Pod {
  id: string;
  name: string;
  state: PodState;
  /** Name for people; null where the provider does not say. */
  gpu: string | null;
  cloud: Cloud;
  dataCenter: string | null;
  /** "12.8"; of the machine's driver. */
  cudaVersion: string | null;
  /** While it runs; 0 where the provider does not say any more. */
  microUsdPerHour: MicroUsd;
  /** The way in that carries files and forwarding; null until it is there. */
  ssh: { host: string; port: number; user: string } | null;
  disk: PodDisk | null;
  /** Of the present run, from which on it is paid for; null while it does not run. ISO 8601. */
  startedAt: string | null;
  /** How long the present run has lasted, by the provider's own count; null where it does not say. Seconds. */
  upSeconds: number | null;
  /** It can be stopped and started again; false where it can only be deleted (some with a network volume). */
  stoppable: boolean;
  /** The provider's lock: it can neither be stopped nor deleted before a person has opened it. */
  locked: boolean;
}

/**
 * A place that lets machines by the second. Every call rejects with a MentorError: `provider-*`,
 * `balance-empty`, `cancelled`, and those named below. A call that only reads is tried again by the
 * adapter within its own deadline; one that changes something is sent once.
 */
export interface Provider {
  /** Kinds of card with price and stock now, for one card each; in no order. `minCuda` leaves out what only older drivers have. */
  offers(wish: { minCuda: string | null }, signal?: AbortSignal): Promise<GpuOffer[]>;
  /**
   * Rents a machine and starts it. Sent once. `no-capacity`: none of this kind is free; `provider-refused`,
   * `balance-empty`, `provider-key-rejected`, `provider-busy`: it has surely made nothing. `provider-unreachable`:
   * nobody knows whether it has (the answer was lost): list, and look for the name, before asking again.
   */
  create(order: PodOrder, signal?: AbortSignal): Promise<Pod>;
  /** Starts a stopped machine again. `no-capacity`: its card is taken by somebody else; `pod-gone`: there is none of this id. */
  resume(id: string, signal?: AbortSignal): Promise<void>;
  /** Stops it; its disk is kept. Does nothing to one that does not run. `pod-gone`. */
  stop(id: string, signal?: AbortSignal): Promise<void>;
  /** Deletes it and its own disk, never a network volume. Does nothing when it is gone already. */
  terminate(id: string, signal?: AbortSignal): Promise<void>;
  /** All machines of the account, ours and others. */
  list(signal?: AbortSignal): Promise<Pod[]>;
  /** null when there is none of this id any more. */
  describe(id: string, signal?: AbortSignal): Promise<Pod | null>;
  /** Fingerprints (`SHA256:…`) of the present host keys, as the machine printed them into its log at its last start; empty where they cannot be had. The log is read until the expected one is among them, else to its end. */
  hostKeys(id: string, options?: { expected?: ExpectedKey; signal?: AbortSignal }): Promise<string[]>;
  /** All that the provider has billed for this machine so far; null where it does not tell. May lag behind. */
  billed(id: string, signal?: AbortSignal): Promise<MicroUsd | null>;
  /** What a machine's own disk of this size costs while the machine is stopped. */
  ownDisk(gigabytes: number): PodDisk;
  volumes(signal?: AbortSignal): Promise<NetworkVolume[]>;
  createVolume(wish: { name: string; gigabytes: number; dataCenter: string }, signal?: AbortSignal): Promise<NetworkVolume>;
  /** For the machine itself: where its own credential is asked (`https://api.runpod.io/v2`). */
  readonly podApi: string;
}

/** A mounted volume as the system describes it, before anyone looked inside. */
export interface Volume {
  path: string;
  label: string;
  removable: boolean;
  readOnly: boolean;
  sizeBytes: number | null;
}

export interface Drives {
  list(): Promise<Volume[]>;
  /** Calls back at every change until the signal aborts. */
  watch(onChange: (volumes: Volume[]) => void, signal: AbortSignal): Promise<void>;
}

/** Small secrets (session keys), sealed by the system's key store where there is one. */
export interface Secrets {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  delete(name: string): Promise<void>;
}

/** Appends JSON records that survive a crash of the app; one journal a session. */
export interface JournalStore<Entry> {
  /** Resolves when the record is on the disk. */
  append(entry: Entry): Promise<void>;
  /** All whole records, oldest first; a half-written last one is left out. */
  read(): Promise<Entry[]>;
}

export type LogSink = (source: string, level: LogLevel, text: string) => void;
