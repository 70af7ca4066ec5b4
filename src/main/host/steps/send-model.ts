import { basename, dirname } from "node:path";
import { stat } from "node:fs/promises";
import type { UploadResult } from "../../../contract/upload.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import type { StepContext } from "../../../core/session/step.ts";
import { keepManifest, loadKeptManifest } from "../../../core/stick/manifest.ts";
import { FilesProgress } from "../../../core/upload/files-progress.ts";
import { mirrorUrlOfPart } from "../../../core/upload/mirror-url.ts";
import { sourceFailure } from "../../../core/upload/source.ts";
import { uploadFile } from "../../../core/upload/upload.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** Where a model of this computer is on the host, or will be. */
export const placeOnHost = (facts: SessionFacts, source: string): string => `${facts.require("layout").models}/${basename(source)}`;

/** Sends the files of one model, in their order, each proven on arrival. `mirror`: a page that has them too. */
export async function sendModel(tools: StepTools, context: StepContext, paths: readonly string[], mirror?: string): Promise<[UploadResult, ...UploadResult[]]> {
  const files = new FilesProgress(await Promise.all(paths.map(async (path) => (await statOf(path)).size)));
  const sent: UploadResult[] = [];
  for (const path of paths) sent.push(await sendFile(tools, context, files, path, mirror && mirrorUrlOfPart(mirror, basename(path))));
  return sent as [UploadResult, ...UploadResult[]];
}

const statOf = (path: string) =>
  stat(path).catch((error: unknown) => {
    throw sourceFailure(path, error);
  });

async function sendFile({ dataFolder, clock }: StepTools, { facts, signal, progress, log }: StepContext, files: FilesProgress, source: string, mirror?: string) {
  const { mtimeMs } = await statOf(source);
  const known = await loadKeptManifest(source, dataFolder, signal);
  const result = await uploadFile({
    host: facts.requireHandle("host"),
    source,
    destination: placeOnHost(facts, source),
    knownManifest: known ?? undefined,
    mirror: mirror === undefined ? undefined : { url: mirror },
    clock,
    signal,
    onProgress: (of) => progress(files.of(of)),
    onManifest: async (manifest) => {
      const place = await keepManifest(source, mtimeMs, manifest, dataFolder);
      if (place !== null) log("debug", `The hashes of ${basename(source)} are kept in ${dirname(place)}.`);
    },
  });
  files.arrived(result.bytes);
  facts.sent(result.bytesSent);
  const { published } = result;
  if (published?.genuine === false) log("warn", `${basename(source)} is not ${published.name} as its publisher offers it: it may be damaged or altered.`);
  if (published?.genuine) log("info", `${basename(source)} is ${published.name} as its publisher offers it.`);
  if (result.mirrorFault !== undefined) log("warn", `The mirror was given up, and the stick alone sufficed: ${result.mirrorFault}.`);
  log("info", result.skipped ? `${basename(source)} is already there (SHA-256 ${result.sha256}).` : `${basename(source)}: ${result.bytes} bytes proven (SHA-256 ${result.sha256}).`);
  return result;
}
