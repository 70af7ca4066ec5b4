import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Link } from "./link.ts";
import { payloadLimit } from "./profiles.ts";

/** A web server that the pod reaches, and the desktop does not, with the same file. */
export interface Mirror extends AsyncDisposable {
  url: string;
}

/** @param rateMbit of its line, as of a link's wire */
export async function startMirror({ podNamespace }: Link, file: string, rateMbit: number): Promise<Mirror> {
  const words = ["netns", "exec", podNamespace, process.execPath, join(import.meta.dirname, "mirror-process.ts"), file, String(payloadLimit({ rateMbit }))];
  const child = spawn("ip", words, { stdio: ["ignore", "pipe", "inherit"] });
  const [url] = (await Promise.race([once(createInterface({ input: child.stdout }), "line"), once(child, "exit").then(() => [])])) as string[];
  if (url === undefined) throw new Error("The mirror did not start.");
  return {
    url,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.kill()) await once(child, "exit");
    },
  };
}
