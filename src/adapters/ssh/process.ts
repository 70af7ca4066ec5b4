import { randomBytes } from "node:crypto";
import { finished } from "node:stream/promises";
import type { ClientChannel } from "ssh2";
import { MentorError } from "../../contract/errors.ts";
import type { HostProcess } from "../../core/ports.ts";
import { encodeCommand } from "./command.ts";
import { lost } from "./failure.ts";
import { MarkedOutput } from "./marked-output.ts";

/** Time a program gets to end by itself before it is ended by force. */
const GRACE_MS = 2_000;

/** Sends a signal to the process group of `pid` on the host. */
export type SendSignal = (name: "TERM" | "KILL", pid: number) => Promise<void>;

/** Starts `argv` on a channel that runs RUN_FROM_INPUT. */
export function startOnChannel(channel: ClientChannel, argv: readonly string[], sendSignal: SendSignal, label: string, signal?: AbortSignal): HostProcess {
  const mark = `ai-mentor-${randomBytes(8).toString("hex")}`;
  const stdout = new MarkedOutput(mark);
  const stderr = new MarkedOutput(mark);
  let started = false;
  const pid = new Promise<number>((resolve) => stdout.once("pid", resolve));
  void pid.then(() => (started = true));
  let noise: MentorError | undefined;
  for (const output of [stdout, stderr]) {
    output.once("error", (cause) => {
      noise = new MentorError("host-unsuitable", `${label} does not come to run a program: ${cause.message}.`, { cause, advice: "Look into the account's .bashrc or .profile." });
      // What is not read keeps the channel from closing.
      channel.resume();
      channel.stderr.resume();
      channel.close();
    });
  }
  let killed = false;
  let end: { exitCode: number | null; killedBy: string | null } | undefined;

  const exited = new Promise<{ exitCode: number | null; killedBy: string | null }>((resolve, reject) => {
    channel.once("exit", (exitCode: number | null, killedBy?: string) => (end = { exitCode, killedBy: killedBy ?? null }));
    channel.once("close", async () => {
      if (end === undefined) {
        stdout.end();
        stderr.end();
      }
      // Whoever reads gets everything first; what nobody reads is not waited for.
      const readers = [stdout, stderr].filter((output) => output.readableFlowing !== null);
      await Promise.allSettled(readers.map((output) => finished(output, { writable: false })));
      signal?.removeEventListener("abort", kill);
      if (signal?.aborted) reject(signal.reason as Error);
      else if (noise !== undefined) reject(noise);
      else if (end !== undefined) resolve(end);
      else reject(lost(label));
    });
  });
  exited.catch(() => {}); // whoever waits for it hears of it; nobody has to

  /** A program that cannot be reached any more loses at least its streams. */
  function kill(): void {
    if (killed || end !== undefined) return;
    killed = true;
    pid.then((number) => sendSignal("TERM", number)).catch(() => channel.close());
    const force = setTimeout(() => {
      // The account's start-up files hang: there is no program yet that could be told to end.
      if (!started) return void channel.close();
      pid.then((number) => sendSignal("KILL", number)).catch(() => channel.close());
    }, GRACE_MS);
    channel.once("close", () => clearTimeout(force));
  }

  signal?.addEventListener("abort", kill, { once: true });
  // A program that ends before it has read everything is told by its exit code, not by EPIPE.
  channel.on("error", () => {});
  channel.pipe(stdout);
  channel.stderr.pipe(stderr);
  channel.write(encodeCommand(mark, argv));
  if (signal?.aborted) kill();
  return { stdin: channel, stdout, stderr, exited, kill };
}
