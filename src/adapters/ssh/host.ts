import { randomUUID } from "node:crypto";
import { MentorError } from "../../contract/errors.ts";
import { abortable } from "../../core/abortable.ts";
import { runForBytes, runToEnd } from "../../core/host/run.ts";
import type { ExecOptions, ExecResult, Host, HostLane, HostProcess, Tunnel } from "../../core/ports.ts";
import { formatAddress } from "./address.ts";
import { SshConnection, type SshTarget } from "./connection.ts";
import { lost } from "./failure.ts";
import { MISSING, READ, STAT, WRITE } from "./files.ts";
import { SshLane } from "./lane.ts";
import type { LanePool } from "./lane-pool.ts";
import { openTunnel } from "./tunnel.ts";

/** How long a dropped connection is made again before it counts as gone for good. */
const RECONNECT_MS = 5 * 60_000;
const LONGEST_PAUSE_MS = 15_000;

/**
 * A computer behind SSH. The connection is made again by itself after a drop: what was running
 * over it fails with `host-lost`, what comes after waits for the new one, tunnels keep their port.
 */
export class SshHost implements Host {
  readonly kind = "ssh";
  readonly label: string;
  readonly #target: SshTarget;
  readonly #tunnels = new Set<Tunnel>();
  readonly #lineListeners: ((goneSince: number | null) => void)[] = [];
  readonly #listeners: ((error: Error) => void)[] = [];
  readonly #end = new AbortController();
  readonly #lanes: LanePool;
  #connection: Promise<SshConnection>;
  #goneSince: number | null = null;
  #roundTripMs: number;

  constructor(target: SshTarget, first: SshConnection, lanes: LanePool) {
    this.#target = target;
    this.#lanes = lanes;
    this.#roundTripMs = first.roundTripMs;
    this.label = formatAddress(target.address);
    this.#connection = Promise.resolve(first);
    this.#watch(first);
  }

  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  async ping(): Promise<void> {
    const tookMs = await (await this.#current()).ping();
    this.#roundTripMs = Math.min(this.#roundTripMs, tookMs);
  }

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return runToEnd(await this.spawn(argv, options.signal), options);
  }

  async spawn(argv: readonly string[], signal?: AbortSignal): Promise<HostProcess> {
    return (await this.#current(signal)).spawn(argv, signal);
  }

  async writeFile(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
    const temporary = `${path}.${randomUUID()}.new`;
    const result = await this.exec(["/bin/sh", "-c", WRITE, "sh", path, mode.toString(8), temporary], { input: content });
    if (result.exitCode !== 0) throw this.#cannot("write", path, result.stderr);
  }

  async readFile(path: string, maxBytes = 2 ** 20): Promise<Uint8Array | null> {
    const process = await this.spawn(["/bin/sh", "-c", READ, "sh", path, String(maxBytes)]);
    const { exitCode, stdout, stderr } = await runForBytes(process, { maxOutputBytes: maxBytes });
    if (exitCode === MISSING) return null;
    if (exitCode !== 0) throw this.#cannot("read", path, stderr.toString());
    return stdout;
  }

  async stat(path: string): Promise<{ bytes: number; mtimeMs: number } | null> {
    const result = await this.exec(["/bin/sh", "-c", STAT, "sh", path]);
    if (result.exitCode === MISSING) return null;
    const [bytes, seconds] = result.stdout.trim().split(" ").map(Number);
    if (result.exitCode !== 0 || bytes === undefined || seconds === undefined) throw this.#cannot("look at", path, result.stderr);
    return { bytes, mtimeMs: seconds * 1000 };
  }

  async openTunnel(remotePort: number, wantedLocalPort: number): Promise<Tunnel> {
    const tunnel = await openTunnel(() => this.#current(), remotePort, wantedLocalPort);
    this.#tunnels.add(tunnel);
    return {
      ...tunnel,
      close: async () => {
        this.#tunnels.delete(tunnel);
        await tunnel.close();
      },
    };
  }

  async openLane(signal?: AbortSignal): Promise<HostLane> {
    const connection = await this.#lanes.take(AbortSignal.any([this.#end.signal, ...(signal === undefined ? [] : [signal])]));
    this.#roundTripMs = Math.min(this.#roundTripMs, connection.roundTripMs);
    return new SshLane(connection, this.#lanes);
  }

  onLine(listener: (goneSince: number | null) => void): void {
    this.#lineListeners.push(listener);
    listener(this.#goneSince);
  }

  onLost(listener: (error: Error) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#end.abort(lost(this.label));
    await Promise.all([this.#lanes.close(), ...[...this.#tunnels].map((tunnel) => tunnel.close())]);
    this.#tunnels.clear();
    await this.#connection.then(
      (connection) => connection.close(),
      () => {},
    );
  }

  /** The connection, or the one that is being made in its place. */
  async #current(signal?: AbortSignal): Promise<SshConnection> {
    signal?.throwIfAborted();
    this.#end.signal.throwIfAborted();
    if (signal === undefined) return this.#connection;
    return abortable(this.#connection, signal);
  }

  async #watch(connection: SshConnection): Promise<void> {
    await connection.closed;
    if (this.#end.signal.aborted) return;
    this.#tellLine(this.#target.clock.now());
    this.#connection = this.#reconnect();
    this.#connection.catch((error: Error) => this.#giveUp(error));
  }

  async #reconnect(): Promise<SshConnection> {
    const { clock } = this.#target;
    const giveUpAt = clock.now() + RECONNECT_MS;
    for (let pause = 500; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const connection = await SshConnection.open(this.#target, this.#end.signal);
        this.#watch(connection);
        this.#tellLine(null);
        return connection;
      } catch (error) {
        const passing = error instanceof MentorError && ["host-silent", "host-refused", "host-not-found"].includes(error.code);
        if (!passing || clock.now() >= giveUpAt) throw error;
        await clock.sleep(pause, this.#end.signal);
      }
    }
  }

  #tellLine(goneSince: number | null): void {
    this.#goneSince = goneSince;
    for (const listener of this.#lineListeners) listener(goneSince);
  }

  #giveUp(error: Error): void {
    if (this.#end.signal.aborted) return;
    const loss = error instanceof MentorError && error.code === "host-key-changed" ? error : lost(this.label, error);
    this.#end.abort(loss);
    for (const tunnel of this.#tunnels) void tunnel.close();
    for (const listener of this.#listeners.splice(0)) listener(loss);
  }

  #cannot(verb: string, path: string, stderr: string): MentorError {
    const options = { cause: new Error(stderr.trim()) };
    if (/No space left|quota exceeded/i.test(stderr)) return new MentorError("disk-full", `The disk of ${this.label} is full: ${path} could not be written.`, options);
    return new MentorError("host-unsuitable", `${this.label} could not ${verb} ${path}.`, options);
  }
}
