import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import { abortable } from "../abortable.ts";
import type { Clock, Host, HostLane, HostProcess } from "../ports.ts";
import type { Destination, FetchingLane, UploadLane } from "./lane.ts";
import { lineLost, ReceiverLane, type ReceiverLine } from "./receiver-lane.ts";

/** The receiver ended without a word: the host has no Python that can run it, or no room for one more. */
export class NoReceiver extends MentorError {}

/** On a shorter way, in milliseconds, a second round trip goes unnoticed. */
const LONG_WAY_MS = 30;
/** Where so many lanes do not fill the line, loss holds them back, and not SSH's window. */
const MOST_HURRIED = 8;

/** Time in which a program that says no more tells how it ended. */
const EXIT_MS = 2_000;

/**
 * Reads the receiver's source from its own input and runs it: a word of ten thousand letters would
 * go through the account's shell letter by letter, on every connection.
 */
const START = "import os,sys\ns=b''\nwhile len(s)<int(sys.argv[1]):\n r=os.read(0,int(sys.argv[1])-len(s))\n if not r: sys.exit(3)\n s+=r\nexec(compile(s,'receiver','exec'))";

/**
 * The account's Python. Where that is the shim of a version manager (pyenv, asdf), a script that takes
 * 0.15 s of processor time to find the right one, the system's own serves as well if it is new enough.
 */
const PYTHON = [
  "/bin/sh",
  "-c",
  'case $(command -v python3) in */shims/python3) case $(readlink -f /usr/bin/python3) in */python3.[89] | */python3.[1-9][0-9]) exec /usr/bin/python3 "$@" ;; esac ;; esac; exec python3 "$@"',
  "sh",
];

/**
 * The receivers of one upload (remote/receiver/receiver.py). One is started; the lanes after the
 * first reach it through its socket, because what an account's start-up files and Python cost would
 * be paid dozens of times. Where sshd forbids that, each lane starts its own.
 */
export class Receivers {
  readonly #host: Host;
  readonly #destination: Destination;
  readonly #clock: Clock;
  /** Path of the running receiver's socket, as soon as it is known; null where it has none. */
  #socket: Promise<string | null> | undefined;
  #socketsAllowed = true;
  #reached = false;
  #hurried = 0;

  constructor(host: Host, destination: Destination, clock: Clock) {
    this.#host = host;
    this.#destination = destination;
    this.#clock = clock;
  }

  /**
   * A lane is there as soon as its receiver is on its way, since on a long line every wait for an
   * answer is seen: what is asked of it rejects with `NoReceiver` where none can run.
   */
  readonly openLane = async (signal: AbortSignal): Promise<UploadLane> => {
    let announce: ((socket: string | null) => void) | undefined;
    this.#socket ??= new Promise((resolve) => (announce = resolve));
    const socket = this.#socket;
    try {
      const connection = await this.#host.openLane(signal);
      try {
        const line = announce === undefined ? await this.#reach(connection, socket, signal) : null;
        const lane = new ReceiverLane(connection, line ?? (await this.#start(connection, signal)), this.#host.label, this.#destination, this.#clock);
        lane.opened.then((reply) => announce?.(reply.socket), () => announce?.(null));
        return lane;
      } catch (error) {
        await connection.close();
        throw error;
      }
    } catch (error) {
      announce?.(null);
      throw error;
    }
  };

  /** A line to the receiver that runs; null where it has to be another one. */
  async #reach(connection: HostLane, socket: Promise<string | null>, signal: AbortSignal): Promise<ReceiverLine | null> {
    const path = await abortable(socket, signal);
    if (path === null || !this.#socketsAllowed) return null;
    try {
      const { stdin, stdout, closed } = await abortable(connection.connect(path), signal);
      this.#reached = true;
      if (connection.roundTripMs >= LONG_WAY_MS && this.#hurried < MOST_HURRIED) {
        this.#hurried++;
        hurry(connection).catch(() => {}); // slower, if it must be
      }
      return { stdin, stdout, ended: closed.then(() => this.#lost("the receiver closed the line")) };
    } catch {
      signal.throwIfAborted();
      // One that was never reached, however new, is forbidden; one that was reached is gone, and
      // whoever opens the next lane starts another.
      if (!this.#reached) this.#socketsAllowed = false;
      else if (this.#socket === socket) this.#socket = undefined;
      return null;
    }
  }

  /**
   * A lane for what a mirror gives. Questions weigh next to nothing, so they go over the connection
   * that the host has anyway: no log-in, and nothing that is being sent stands before them on it.
   */
  readonly openFetcher = async (signal: AbortSignal): Promise<FetchingLane> => {
    const { roundTripMs, label } = this.#host;
    const processes: HostProcess[] = [];
    const spawn = async (argv: readonly string[]) => {
      const process = await this.#host.spawn(argv);
      processes.push(process);
      return process;
    };
    const close = async () => processes.forEach((process) => process.kill());
    try {
      const line = await this.#start({ spawn }, signal, Buffer.concat([sourceOf("mirror.py"), sourceOf("receiver.py")]));
      return new ReceiverLane({ roundTripMs, release: async () => {}, close }, line, label, this.#destination, this.#clock);
    } catch (error) {
      await close();
      throw error;
    }
  };

  async #start(connection: Pick<HostLane, "spawn">, signal: AbortSignal, source = sourceOf("receiver.py")): Promise<ReceiverLine> {
    const { stdin, stdout, stderr, exited } = await abortable(connection.spawn([...PYTHON, "-I", "-S", "-X", "utf8", "-c", START, String(source.length)]), signal);
    stdin.write(source);
    let complaint = "";
    let answered = false;
    stderr.on("data", (data: Buffer) => (complaint = (complaint + data.toString()).slice(-2000)));
    stdout.once("data", () => (answered = true));
    const exit = exited.then(
      () => (answered ? this.#lost(complaint.trim() || "the receiver ended") : new NoReceiver("host-lost", `${this.#host.label} does not run the receiver of uploads.`, { cause: new Error(complaint.trim()) })),
      (error: unknown) => (error instanceof MentorError ? error : this.#lost(String(error))),
    );
    // It forks a process for each line: this one's may end before the one that was started.
    const silenced = new Promise<MentorError>((resolve) => {
      stdout.once("end", () => this.#clock.sleep(EXIT_MS).then(() => resolve(this.#lost("the receiver of this line ended"))));
    });
    return { stdin, stdout, ended: Promise.race([exit, silenced]) };
  }

  #lost(why: string): MentorError {
    return lineLost(this.#host.label, new Error(why));
  }
}

/**
 * Has sshd turn Nagle's algorithm off on a connection, which it does once a program is started there.
 * Until then what it says waits until what it said before is acknowledged: at 100 ms a chunk was
 * proven after 205 ms instead of 102, and SSH's window of 2 MiB crossed the line half as often.
 */
async function hurry(connection: HostLane): Promise<void> {
  const program = await connection.spawn(["true"]);
  program.stdin.end();
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
