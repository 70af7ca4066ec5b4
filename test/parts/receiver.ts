import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const sourceOf = (file: string) => readFileSync(new URL(`../../remote/receiver/${file}`, import.meta.url), "utf8");

export const pythonMissing = spawnSync("python3", ["--version"]).status === 0 ? null : "Python is not installed";

export type ReceiverMessage = Record<string, unknown>;

/** The receiver as an upload starts it. */
export interface RunningReceiver {
  /** Resolves with its answer. */
  ask(request: ReceiverMessage, bytes?: Buffer): Promise<ReceiverMessage>;
  close(): Promise<void>;
}

/** @param opening its first request, but for the operation @param env beside this process's own */
export async function startReceiver(opening: ReceiverMessage, { withMirror = false, env = {} as Record<string, string> } = {}): Promise<RunningReceiver> {
  const source = (withMirror ? sourceOf("mirror.py") : "") + sourceOf("receiver.py");
  const child = spawn("python3", ["-I", "-X", "utf8", "-c", source], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const replies = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<ReceiverMessage> => {
    const reply = JSON.parse((await replies.next()).value!) as ReceiverMessage;
    return "beat" in reply ? next() : reply;
  };
  const receiver: RunningReceiver = {
    ask(request, bytes = Buffer.alloc(0)) {
      const header = Buffer.from(JSON.stringify(request));
      const length = Buffer.alloc(4);
      length.writeUInt32BE(header.length);
      child.stdin.write(Buffer.concat([length, header, bytes]));
      return next();
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
  await receiver.ask({ op: "open", ...opening });
  return receiver;
}
