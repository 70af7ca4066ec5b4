import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MentorError } from "../../../src/contract/errors.ts";
import type { MilvusImage } from "../../../src/contract/milvus.ts";
import { amd64Of, blobPath, corrupt } from "./layout.ts";

export interface FetchOptions {
  signal: AbortSignal;
  clock: { now(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> };
  /** At least every few seconds. */
  say(detail: string): void;
  /** Where this runs, for messages; default: the host. */
  where?: string;
}

const SAY_MS = 2_000;
/** A fetch that brings nothing for so long hangs: a registry that is slow sends something. */
const STALL_MS = 120_000;
/** What skopeo writes a piece into until it is whole; one that was ended leaves it behind, and begins that piece anew. */
const UNFINISHED = /^oci-put-blob/;

/**
 * Brings an image into an OCI layout by the host's skopeo. What has arrived is not fetched again. The
 * index and the manifest are asked for apart, compared with the digest, and written beside the rest as
 * they are: skopeo writes them anew where they are Docker's own kind, and nothing would lead from
 * the pinned digest to the layers any more. When nothing arrives any more it is ended.
 *
 * @throws MentorError host-unsuitable without skopeo, kit-unavailable, kit-corrupt, disk-full
 */
export async function fetchImage({ name, digest }: MilvusImage, layout: string, options: FetchOptions): Promise<void> {
  const { where = "the host" } = options;
  const [hung, over] = [new AbortController(), new AbortController()];
  untilHung(layout, options, over.signal).then((error) => hung.abort(error), () => {}); // it has ended
  const signal = AbortSignal.any([options.signal, hung.signal]);
  try {
    const raw = async (wanted: string): Promise<Buffer> => {
      const document = await skopeo(["inspect", "--raw", `docker://${name}@${wanted}`], signal, where);
      if (digestOf(document) !== wanted) throw corrupt(`${name} sent another document than ${wanted}.`);
      return document;
    };
    const top = await raw(digest);
    const inner = amd64Of(JSON.parse(top.toString()));
    const documents = inner === null ? [top] : [top, await raw(inner.digest)];
    await mkdir(layout, { recursive: true });
    for (const left of await readdir(layout)) if (UNFINISHED.test(left)) await rm(join(layout, left));
    await skopeo(["copy", "--quiet", "--dest-oci-accept-uncompressed-layers", `docker://${name}@${inner?.digest ?? digest}`, `oci:${layout}:milvus`], signal, where);
    for (const document of documents) await writeFile(join(layout, blobPath(digestOf(document))), document);
    const { mediaType = "application/vnd.oci.image.index.v1+json" } = JSON.parse(top.toString()) as { mediaType?: string };
    await writeFile(join(layout, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size: top.length }] }));
  } catch (error) {
    throw hung.signal.aborted ? hung.signal.reason : error;
  } finally {
    over.abort();
  }
}

/** Says how far it is, and resolves once nothing has arrived for too long. Rejects when it is over. */
async function untilHung(layout: string, { clock, say, where = "the host" }: FetchOptions, over: AbortSignal): Promise<MentorError> {
  const since = clock.now();
  for (let [before, silentMs] = [-1, 0]; silentMs < STALL_MS; ) {
    const asleep = clock.now();
    await clock.sleep(SAY_MS, over);
    const bytes = await bytesIn(layout);
    // A computer that slept meanwhile must not count its sleep as the registry's silence.
    silentMs = bytes === before ? silentMs + Math.min(clock.now() - asleep, 2 * SAY_MS) : 0;
    before = bytes;
    say(`Fetching the Milvus server (${(bytes / 1e6).toFixed(0)} MB, ${Math.round((clock.now() - since) / 1000)} s)`);
  }
  return new MentorError("kit-unavailable", `The Milvus image does not arrive on ${where}: the registry sent nothing for ${STALL_MS / 1000} s.`, UNFETCHED);
}

/** Of all that has arrived, the piece under way included. */
async function bytesIn(layout: string): Promise<number> {
  const entries = await readdir(layout, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => stat(join(parentPath, name)).then(({ size }) => size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Whether a layout is there that says of itself that it holds the image. What it says is proven when it is unpacked. */
export async function holdsImage(layout: string, digest: string): Promise<boolean> {
  return (await readFile(join(layout, "index.json"), "utf8").catch(() => "")).includes(digest);
}

const digestOf = (document: Buffer): string => `sha256:${createHash("sha256").update(document).digest("hex")}`;

/** What is fetched is compared with the digest here, so that the host needs no rules of whom to trust. */
function skopeo(words: readonly string[], signal: AbortSignal, where: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn("skopeo", ["--insecure-policy", ...words], { stdio: ["ignore", "pipe", "pipe"], signal, killSignal: "SIGKILL" });
    const said: Buffer[] = [];
    let errors = "";
    child.stdout.on("data", (part: Buffer) => said.push(part));
    child.stderr.on("data", (part) => (errors = (errors + String(part)).slice(-2_000)));
    child.once("error", (error: NodeJS.ErrnoException) => reject(error.code === "ENOENT" ? noSkopeo(where) : error));
    child.once("close", (code) => (code === 0 ? resolve(Buffer.concat(said)) : reject(failure(errors.trim() || `exit code ${code}`, where))));
  });
}

function failure(errors: string, where: string): MentorError {
  const cause = new Error(errors);
  if (/no space left|quota exceeded/i.test(errors)) return new MentorError("disk-full", `There is not enough disk space on ${where} for the Milvus image.`, { cause });
  return new MentorError("kit-unavailable", `The Milvus image could not be fetched on ${where}.`, { ...UNFETCHED, cause });
}

const UNFETCHED = { kept: "What had arrived of it is kept.", advice: "Try again when the registry can be reached; or bring the image on the stick, in a folder milvus." };

export const noSkopeo = (where: string): MentorError =>
  new MentorError("host-unsuitable", `The Milvus image cannot be fetched: there is no skopeo on ${where}.`, {
    advice: "Install skopeo there (apt-get install skopeo); or put the image on the stick, in a folder milvus: ai-mentor milvus-image --to STICK/milvus.",
  });
