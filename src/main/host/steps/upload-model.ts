import { basename, dirname } from "node:path";
import { stat } from "node:fs/promises";
import type { UploadResult } from "../../../contract/upload.ts";
import { keepManifest, loadKeptManifest } from "../../../core/stick/manifest.ts";
import { FilesProgress } from "../../../core/upload/files-progress.ts";
import { sourceFailure } from "../../../core/upload/source.ts";
import { mirrorUrlOfPart } from "../../../core/upload/mirror-url.ts";
import { uploadFile } from "../../../core/upload/upload.ts";
import type { JournalledFacts } from "../../../core/session/facts.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** The small model first, because it unblocks nothing later than it must; then the chat model. */
export function uploadModel(tools: StepTools): StepImplementation {
  return {
    id: "upload-model",
    async run(context) {
      const { facts, request } = context;
      const sent: UploadResult[] = [];
      const hostModels: JournalledFacts["hostModels"] = { chat: null, embedding: null };
      const embedding = facts.get("embedding");
      const model = facts.get("model");
      const paths = [...(embedding?.file === undefined ? [] : [embedding.file.path]), ...(model === undefined ? [] : facts.require("modelParts"))];
      const files = new FilesProgress(await Promise.all(paths.map(async (path) => (await statOf(path)).size)));
      const send = (path: string, mirror?: string) => sendFile(tools, context, files, path, mirror);
      if (embedding?.file !== undefined) {
        const small = await send(embedding.file.path);
        sent.push(small);
        facts.set("embedding", { ...embedding, sha256: small.sha256 });
        hostModels.embedding = small.path;
      }
      if (model !== undefined) {
        const parts: UploadResult[] = [];
        for (const part of facts.require("modelParts")) parts.push(await send(part, request.mirror && mirrorUrlOfPart(request.mirror, basename(part))));
        const [first] = parts as [UploadResult, ...UploadResult[]];
        sent.push(...parts);
        facts.set("model", { ...model, sha256: first.sha256 });
        hostModels.chat = first.path;
        facts.keep(`The model ${model.name} stays on ${facts.require("hostLabel")} in ${facts.require("layout").models}.`);
      }
      facts.set("hostModels", hostModels);
      const skipped = sent.every((file) => file.skipped);
      return { skipped, outcome: skipped ? "already there, proven" : outcome(sent) };
    },
  };
}

function outcome(files: readonly UploadResult[]): string {
  const megabytes = (of: (file: UploadResult) => number) => (files.reduce((sum, file) => sum + of(file), 0) / 1e6).toFixed(0);
  const fromMirror = megabytes((file) => file.bytesFromMirror);
  const sent = `${megabytes((file) => file.bytesSent)} MB sent`;
  return fromMirror === "0" ? `${sent} and proven` : `${sent}, ${fromMirror} MB fetched from the mirror, all proven`;
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
    destination: `${facts.require("layout").models}/${basename(source)}`,
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
