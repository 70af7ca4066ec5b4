import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { dirname } from "node:path";
import { MentorError } from "../../contract/errors.ts";
import { checkArgv } from "../../core/host/argv.ts";
import { runToEnd } from "../../core/host/run.ts";
import type { ExecOptions, ExecResult, Host, HostLane, HostProcess, HostStream, LaneFile, Tunnel } from "../../core/ports.ts";

const OWN_GROUP = process.platform !== "win32";

/** What a shell answers for a program that is not there, so that both kinds of host say the same. */
const NOT_FOUND = 127;

/** This computer as a host: programs by argument vector, plain files, no connection to lose. */
export class LocalHost implements Host, HostLane {
  readonly kind = "local";
  readonly label = "this computer";
  readonly roundTripMs = 0;

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    options.signal?.throwIfAborted();
    const child = start(argv);
    try {
      return await runToEnd(asProcess(child, options.signal), options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return { exitCode: NOT_FOUND, killedBy: null, stdout: "", stderr: `${argv[0]}: not found` };
    }
  }

  async spawn(argv: readonly string[], signal?: AbortSignal): Promise<HostProcess> {
    signal?.throwIfAborted();
    const child = start(argv);
    const process = asProcess(child, signal);
    if (child.pid === undefined) {
      await process.exited.catch((error: unknown) => {
        throw new MentorError("internal", `${argv[0]} could not be started on this computer.`, { cause: error });
      });
    }
    return process;
  }

  async writeFile(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
    const temporary = `${path}.${randomUUID()}.new`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(temporary, content, { mode, flag: "wx", flush: true });
      await chmod(temporary, mode); // whatever the umask says
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true });
      throw cannot("write", path, error);
    }
  }

  async readFile(path: string, maxBytes = 2 ** 20): Promise<Uint8Array | null> {
    try {
      await using file = await open(path, "r");
      const parts: Buffer[] = [];
      for await (const part of file.createReadStream({ end: maxBytes - 1, autoClose: false }) as AsyncIterable<Buffer>) parts.push(part);
      return Buffer.concat(parts);
    } catch (error) {
      if (isMissing(error)) return null;
      throw cannot("read", path, error);
    }
  }

  async stat(path: string): Promise<{ bytes: number; mtimeMs: number } | null> {
    try {
      const { size, mtimeMs } = await stat(path);
      return { bytes: size, mtimeMs };
    } catch (error) {
      if (isMissing(error)) return null;
      throw cannot("look at", path, error);
    }
  }

  /** The port itself: nothing lies between a port of this computer and this computer. */
  async openTunnel(remotePort: number, wantedLocalPort: number): Promise<Tunnel> {
    return { localPort: remotePort, moved: remotePort !== wantedLocalPort, close: async () => {} };
  }

  async openLane(): Promise<HostLane> {
    return this;
  }

  /** Copies to this computer need none. */
  async connect(): Promise<HostStream> {
    throw new MentorError("internal", "This computer is not reached over a line.");
  }

  async openFile(path: string, flags: "r+" | "w"): Promise<LaneFile> {
    const file = await open(path, flags === "w" ? "w+" : flags, 0o600).catch((error: unknown) => {
      throw cannot("open", path, error);
    });
    return {
      async write(bytes, position) {
        for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
      },
      async read(length, position) {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
        return buffer.subarray(0, bytesRead);
      },
      close: () => file.close(),
    };
  }

  onLine(): void {}

  onLost(): void {}

  async ping(): Promise<void> {}

  async release(): Promise<void> {}

  async close(): Promise<void> {}
}

function start(argv: readonly string[]): ChildProcess {
  checkArgv(argv);
  return spawn(argv[0]!, argv.slice(1), { stdio: ["pipe", "pipe", "pipe"], detached: OWN_GROUP, windowsHide: true });
}

function asProcess(child: ChildProcess, signal?: AbortSignal): HostProcess {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error("a child process without its three streams");
  // A program that ends before it has read everything is told by its exit code, not by EPIPE.
  stdin.on("error", () => {});
  const kill = () => endGroup(child);
  signal?.addEventListener("abort", kill, { once: true });
  const ended = new Promise<{ exitCode: number | null; killedBy: string | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (exitCode, killedBy) => (signal?.aborted ? reject(signal.reason as Error) : resolve({ exitCode, killedBy })));
  });
  const exited = ended.finally(() => signal?.removeEventListener("abort", kill));
  exited.catch(() => {}); // whoever waits for it hears of it; nobody has to
  return { stdin, stdout, stderr, exited, kill };
}

/** Ends the program and what it has started; what ignores the request is ended by force. */
function endGroup(child: ChildProcess): void {
  const send = (signal: "SIGTERM" | "SIGKILL") => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(OWN_GROUP ? -child.pid : child.pid, constants.signals[signal]);
    } catch {
      child.kill(signal);
    }
  };
  send("SIGTERM");
  const force = setTimeout(() => send("SIGKILL"), 2_000);
  child.once("close", () => clearTimeout(force));
}

const isMissing = (error: unknown) => ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

function cannot(verb: string, path: string, error: unknown): MentorError {
  if (["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "")) {
    return new MentorError("disk-full", `This computer's disk is full: ${path} could not be written.`, { cause: error });
  }
  return new MentorError("internal", `This computer could not ${verb} ${path}.`, { cause: error });
}
