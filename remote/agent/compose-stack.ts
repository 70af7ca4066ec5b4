import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MentorError } from "../../src/contract/errors.ts";
import { composeCommand, composeFiles, type ComposeOptions } from "../milvus/compose.ts";
import { writeWhole } from "./private-file.ts";

const SAY_MS = 2_000;

/**
 * Makes the official stack of containers ready to be started: its files, and its images, which Docker
 * fetches where they are not there. Containers that an agent left which was killed are taken away.
 *
 * @throws MentorError host-unsuitable without Docker, kit-unavailable
 */
export async function readyStack(options: ComposeOptions, { signal, say }: { signal: AbortSignal; say(detail: string): void }): Promise<void> {
  const folder = dirname(options.dataDir);
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const files = composeFiles(options, { minio: await minioPassword(join(folder, ".env")) });
  // The containers read what is mounted into them as whoever they run as.
  for (const [name, content] of Object.entries(files)) writeWhole(join(folder, name), content, name === ".env" ? 0o600 : 0o644);
  await endStack(options, signal);
  const since = Date.now();
  const timer = setInterval(() => say(`Fetching the images of Milvus (${Math.round((Date.now() - since) / 1000)} s)`), SAY_MS);
  try {
    await docker(composeCommand(options, "pull"), "fetch the images of Milvus", signal);
  } finally {
    clearInterval(timer);
  }
}

/** Takes the containers away, whatever became of the command that started them; their data stays. */
export function endStack(options: Pick<ComposeOptions, "dataDir">, signal?: AbortSignal): Promise<void> {
  return docker(composeCommand(options, "down"), "take the containers of Milvus away", signal);
}

/** The one that the data was made with; new with new data. */
async function minioPassword(file: string): Promise<string> {
  const kept = /^MINIO_PASSWORD=(.+)$/m.exec(await readFile(file, "utf8").catch(() => ""))?.[1];
  return kept ?? randomBytes(24).toString("base64url");
}

function docker([command, ...words]: readonly string[], purpose: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command!, words, { stdio: ["ignore", "ignore", "pipe"], signal });
    let errors = "";
    child.stderr.on("data", (part) => (errors = (errors + String(part)).slice(-2_000)));
    child.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? new MentorError("host-unsuitable", "The host has no Docker.", { cause: error }) : error));
    child.once("close", (code) => (code === 0 ? resolve() : reject(new MentorError("kit-unavailable", `Docker could not ${purpose} on the host.`, { cause: new Error(errors.trim() || `exit code ${code}`) }))));
  });
}
