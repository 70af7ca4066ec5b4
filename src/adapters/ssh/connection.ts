import { connect, type Socket } from "node:net";
import { Client, type ClientChannel, type ParsedKey, type SFTPWrapper } from "ssh2";
import { MentorError } from "../../contract/errors.ts";
import { checkArgv } from "../../core/host/argv.ts";
import { runToEnd } from "../../core/host/run.ts";
import type { Clock, HostProcess, HostStream } from "../../core/ports.ts";
import { formatAddress, type SshAddress } from "./address.ts";
import { bundleWrites } from "./bundle-writes.ts";
import { KILL, RUN_FROM_INPUT } from "./command.ts";
import { connectFailure, isTurnedAway, lost, type Ssh2Error } from "./failure.ts";
import type { KnownHost } from "./known-hosts.ts";
import { PacedInput } from "./paced-input.ts";
import { startOnChannel } from "./process.ts";

/** All that a connection to one host needs, kept so that lanes and reconnections can be made. */
export interface SshTarget {
  address: SshAddress;
  identity: ParsedKey;
  knownHosts: KnownHost;
  trustFingerprint: string | undefined;
  clock: Clock;
}

/** A reply waits behind queued data: 5 s × 3 gave up on slow uplinks that were fine. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVES_MISSED = 4;
const READY_TIMEOUT_MS = 20_000;

/** AES-GCM first: with AES instructions on both ends nothing else comes near; no separate MAC. */
const CIPHERS = ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"] as const;

/** sshd's MaxSessions is 10 by default; two are left for whoever else shares the connection. */
const SESSIONS = 8;
const REFUSALS = 20;

/** How often a door that closes at once is tried again: sshd's MaxStartups drops at random. */
const TRIES = 5;

/** One authenticated TCP connection. */
export class SshConnection {
  readonly label: string;
  /** Resolves when the connection is gone, for whatever reason. */
  readonly closed: Promise<void>;
  /** How long the line took to answer at first, in milliseconds. */
  readonly roundTripMs: number;
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #waiting: (() => void)[] = [];
  /** Questions that are open: each is told when the connection ends. */
  readonly #asked = new Set<() => void>();
  readonly #clock: Clock;
  #limit = SESSIONS;
  #active = 0;
  #gone = false;

  private constructor({ client, socket, roundTripMs }: Login, label: string, clock: Clock) {
    this.#client = client;
    this.#socket = socket;
    this.roundTripMs = roundTripMs;
    this.#clock = clock;
    this.label = label;
    this.closed = new Promise((resolve) => {
      client.once("close", () => {
        this.#gone = true;
        for (const onLost of this.#asked) onLost();
        for (const wake of this.#waiting.splice(0)) wake();
        resolve();
      });
    });
    client.setNoDelay(true);
    client.on("error", () => {}); // "close" follows, and every open channel ends
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** Connects and authenticates; `onAnswer` hears as soon as the host has answered, before the log-in. Throws `host-*` or `key-rejected`. */
  static async open(target: SshTarget, signal?: AbortSignal, onAnswer?: (roundTripMs: number) => void): Promise<SshConnection> {
    const label = formatAddress(target.address);
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      try {
        return new SshConnection(await connectOnce(target, signal, attempt === 1 ? onAnswer : undefined), label, target.clock);
      } catch (error) {
        signal?.throwIfAborted();
        if (attempt >= TRIES || error instanceof MentorError || !isTurnedAway(error as Error)) throw connectFailure(error as Error, label, target.address.user);
        await target.clock.sleep(200 * attempt * (1 + Math.random()), signal);
      }
    }
  }

  /** Starts a program. Waits for a free channel where the host allows no more. */
  async spawn(argv: readonly string[], signal?: AbortSignal): Promise<HostProcess> {
    return (await this.#start(argv, signal)).process;
  }

  /** The same, with an input for bulk data: a write is called back when the line has taken it. */
  async spawnPaced(argv: readonly string[], signal?: AbortSignal): Promise<HostProcess> {
    const { process, channel } = await this.#start(argv, signal);
    return { ...process, stdin: new PacedInput(channel, this.#socket) };
  }

  async #start(argv: readonly string[], signal: AbortSignal | undefined): Promise<{ process: HostProcess; channel: ClientChannel }> {
    checkArgv(argv);
    const channel = await this.#session(signal);
    return { channel, process: startOnChannel(channel, argv, (name, pid) => this.#signal(name, pid), this.label, signal) };
  }

  /** Over a channel that is never waited for: the programs to be ended may hold all others. */
  async #signal(name: "TERM" | "KILL", pid: number): Promise<void> {
    const channel = await this.#exec();
    const process = startOnChannel(channel, ["/bin/sh", "-c", KILL, "sh", name, String(pid)], () => Promise.resolve(), this.label);
    await runToEnd(process);
  }

  async sftp(): Promise<SFTPWrapper> {
    return this.whileOpen((resolve, reject) => {
      this.#client.sftp((error, sftp) => (error ? reject(this.#failure(error)) : resolve(sftp)));
    });
  }

  /** What `start` resolves or rejects with; `host-lost` when the connection ends before, since ssh2 does not always call back then. */
  whileOpen<Value>(start: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      if (this.#gone) return reject(lost(this.label));
      const onLost = () => reject(lost(this.label));
      this.#asked.add(onLost);
      const settled = <Settled>(settle: (settled: Settled) => void) => (value: Settled) => {
        this.#asked.delete(onLost);
        settle(value);
      };
      start(settled(resolve), settled(reject));
    });
  }

  /** A stream to a port on the host's loopback. */
  async forward(remotePort: number, fromPort: number): Promise<ClientChannel> {
    return this.whileOpen((resolve, reject) => {
      this.#client.forwardOut("127.0.0.1", fromPort, "127.0.0.1", remotePort, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }

  /** Milliseconds until the host has answered. No program is started and no channel used. */
  async ping(): Promise<number> {
    const asked = performance.now();
    // The one question in ssh2's interface that every server answers at once and that changes
    // nothing: to end a forwarding that does not exist.
    await this.whileOpen<void>((resolve) => this.#client.unforwardIn("ai-mentor", 1, () => resolve()));
    return performance.now() - asked;
  }

  /** A stream to a Unix socket on the host. Throws `host-lost`, also where sshd forbids it: it does not tell. */
  async connectSocket(path: string): Promise<HostStream> {
    const channel = await this.whileOpen<ClientChannel>((resolve, reject) => {
      this.#client.openssh_forwardOutStreamLocal(path, (error, stream) => (error ? reject(lost(this.label, error)) : resolve(stream)));
    });
    const closed = new Promise<void>((resolve) => channel.once("close", () => resolve()));
    return { stdin: new PacedInput(channel, this.#socket), stdout: channel, closed };
  }

  async close(): Promise<void> {
    if (this.#gone) return;
    this.#client.end();
    // The goodbye is sent, an answer not waited for. On a dead line it cannot even be sent.
    this.#socket.destroySoon();
    const force = setTimeout(() => this.#socket.destroy(), 1_000);
    await this.closed;
    clearTimeout(force);
  }

  async #session(signal: AbortSignal | undefined): Promise<ClientChannel> {
    for (let refused = 0; ; ) {
      signal?.throwIfAborted();
      if (this.#gone) throw lost(this.label);
      if (this.#active >= this.#limit) {
        await this.#turn(signal);
        // A turn that comes too late to be used goes to the next in line.
        if (signal?.aborted) this.#waiting.shift()?.();
        continue;
      }
      this.#active++;
      try {
        const channel = await this.#exec();
        channel.once("close", () => this.#release());
        return channel;
      } catch (error) {
        this.#release();
        if (this.#gone || (error as Ssh2Error).reason === undefined || ++refused > REFUSALS) throw this.#failure(error as Ssh2Error);
        // A stricter MaxSessions than the usual: take what there is. The host may count a channel
        // that has just closed for a moment longer than we do.
        this.#limit = Math.max(1, this.#active);
        if (this.#active === 0) await this.#clock.sleep(50 * refused, signal);
      }
    }
  }

  /** Resolves when a channel may be free; whoever gives up leaves the line. */
  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const wake = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(wake), 1);
        reject(signal!.reason as Error);
      };
      this.#waiting.push(wake);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  #exec(): Promise<ClientChannel> {
    return this.whileOpen((resolve, reject) => {
      this.#client.exec(RUN_FROM_INPUT, (error, channel) => (error ? reject(error) : resolve(channel)));
    });
  }

  #release(): void {
    this.#active--;
    this.#waiting.shift()?.();
  }

  #failure(error: Ssh2Error): MentorError {
    if (error instanceof MentorError) return error;
    if (this.#gone) return lost(this.label, error);
    return new MentorError("host-unsuitable", `${this.label} does not let programs be started.`, { cause: error, advice: "Use an account with a normal shell." });
  }
}

interface Login {
  client: Client;
  socket: Socket;
  roundTripMs: number;
}

async function connectOnce({ address, identity, knownHosts, trustFingerprint, clock }: SshTarget, signal?: AbortSignal, onAnswer?: (roundTripMs: number) => void): Promise<Login> {
  const known = await knownHosts.find();
  const client = new Client();
  const started = performance.now();
  // Ours, not the client's own: what waits in it is looked at.
  const socket = connect({ host: address.host, port: address.port });
  bundleWrites(socket);
  socket.setMaxListeners(0);
  let roundTripMs = 0;
  socket.once("connectionAttempt", () => (roundTripMs = performance.now()));
  socket.once("connect", () => {
    roundTripMs = performance.now() - (roundTripMs || started);
    onAnswer?.(roundTripMs);
  });
  let refusal: unknown;
  let shown: Buffer | null = null;
  let over = false;
  const abort = () => socket.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      // Only here is the key proven: the verifier below is asked before the host's signature is verified.
      client.once("ready", () => knownHosts.pin(shown!, clock.now()).then(resolve, reject));
      client.once("error", reject);
      client.once("close", () => reject(new Error("Connection lost before handshake")));
      client.connect({
        sock: socket,
        username: address.user,
        authHandler: [{ type: "publickey", username: address.user, key: identity as never }] as never, // the types leave this form out
        readyTimeout: READY_TIMEOUT_MS,
        keepaliveInterval: KEEPALIVE_MS,
        keepaliveCountMax: KEEPALIVES_MISSED,
        algorithms: {
          cipher: { prepend: [...CIPHERS], append: [], remove: [] } as never,
          // Ask for the kind of key that is pinned, so that a host with several keys stays itself.
          ...(known && { serverHostKey: { prepend: signatureAlgorithms(known.type), append: [], remove: [] } as never }),
        },
        hostVerifier: (key: Buffer, verified: (valid: boolean) => void) => {
          shown = key;
          // Once the log-in is over, as when it is given up meanwhile, the client is not to be told any more.
          const tell = (valid: boolean) => void (over || verified(valid));
          const refuse = (error: unknown) => {
            refusal = error;
            tell(false);
          };
          knownHosts.check(key, trustFingerprint).then(() => tell(true), refuse);
        },
      });
    });
    client.removeAllListeners("close").removeAllListeners("error");
    return { client, socket, roundTripMs };
  } catch (error) {
    client.on("error", () => {});
    socket.destroy();
    throw refusal ?? error;
  } finally {
    over = true;
    signal?.removeEventListener("abort", abort);
  }
}

/** An RSA key signs with SHA-2; its type still says "ssh-rsa". */
const signatureAlgorithms = (keyType: string): string[] => (keyType === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [keyType]);
