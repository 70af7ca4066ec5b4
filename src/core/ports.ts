import type { HostChoice } from "../contract/session.ts";
import type { LogLevel } from "../contract/logs.ts";

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

export interface ConnectOptions {
  /** How many lanes to open at the same time, from the round trip in ms, where an upload follows at once: on a long line log-ins take longer than all else. */
  lanes?: (roundTripMs: number) => number;
}

export interface HostConnector {
  connect(choice: HostChoice, signal?: AbortSignal, options?: ConnectOptions): Promise<Host>;
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
