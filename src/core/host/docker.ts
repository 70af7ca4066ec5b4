import { MentorError } from "../../contract/errors.ts";
import type { Host } from "../ports.ts";

/** Throws `host-unsuitable` unless the host's Docker engine answers this account, and knows compose. */
export async function requireDocker(host: Host, signal: AbortSignal): Promise<void> {
  for (const [words, lack] of [
    [["compose", "version"], "Docker with its compose plugin is not installed there"],
    [["version", "--format", "{{.Server.Version}}"], "its Docker engine does not answer this account"],
  ] as const) {
    const { exitCode, stderr } = await host.exec(["docker", ...words], { signal });
    if (exitCode === 0) continue;
    throw new MentorError("host-unsuitable", `The Milvus containers cannot run on ${host.label}: ${lack}.`, {
      advice: "Start Docker there, or leave the choice of the course store to the app.",
      cause: new Error(stderr.trim().slice(-500) || `exit code ${exitCode}`),
    });
  }
}
