import { spawn } from "node:child_process";
import { once } from "node:events";

/** A Milvus of whichever kind, as a process of this test. */
export interface MilvusProcess {
  pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Throws with the last of what it said where it has ended by itself. */
  requireAlive(): void;
  /** Sends the signal, unless it has ended already, and resolves when it has. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** `name` is what an error calls it; `env` is added to this process's own. */
export function startMilvusProcess(name: string, argv: readonly string[], env: Readonly<Record<string, string>>, cwd?: string): MilvusProcess {
  const child = spawn(argv[0]!, argv.slice(1), { env: { ...process.env, ...env }, cwd, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said = (said + String(text)).slice(-4000)));
  const exited = once(child, "exit");
  return {
    pid: child.pid!,
    kill: (signal) => void child.kill(signal),
    requireAlive() {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}: ${said}`);
    },
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
}
