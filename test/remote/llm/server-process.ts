import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ServiceFile, ServiceOutput } from "../../../src/contract/agent.ts";

const MAIN = join(import.meta.dirname, "../../../remote/llm/main.ts");

/** The LLM server as the agent starts it: a process of its own, whose memory is its own too. */
export interface ServerProcess {
  url: string;
  /** Told to stop; answers its exit code. */
  end(): Promise<number | null>;
}

/** Resolves when it answers. `options` are Node's own. */
export async function startServerProcess(config: ServiceFile<"llm">, options: readonly string[] = []): Promise<ServerProcess> {
  const child = spawn(process.execPath, [...options, MAIN, "--config", "-"], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit") as Promise<[number | null]>;
  child.stdin.end(JSON.stringify(config));
  let url: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as ServiceOutput;
    if ("error" in said) throw new Error(said.error.message);
    url = "log" in said ? /Answering on (http:\/\/[^/]+)\/v1/.exec(said.log)?.[1] : undefined;
    if (url !== undefined) break;
  }
  if (url === undefined) throw new Error("The LLM server ended before it answered.");
  child.stdout.resume();
  return {
    url,
    end: async () => {
      child.kill("SIGTERM");
      return (await exited)[0];
    },
  };
}
