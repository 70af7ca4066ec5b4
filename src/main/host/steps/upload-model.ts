import { basename, dirname } from "node:path";
import { stat } from "node:fs/promises";
import type { UploadResult } from "../../../contract/upload.ts";
import { keepManifest, loadKeptManifest } from "../../../core/stick/manifest.ts";
import { sourceFailure } from "../../../core/upload/source.ts";
import { uploadFile } from "../../../core/upload/upload.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** The small model first, because it unblocks nothing later than it must; then the chat model. */
export function uploadModel(tools: StepTools): StepImplementation {
  return {
    id: "upload-model",
    async run(context) {
      const { facts } = context;
      const model = facts.require("model");
      const embedding = facts.require("embedding");
      const small = await send(tools, context, embedding.path);
      facts.set("embedding", { ...embedding, sha256: small.sha256 });
      const parts: UploadResult[] = [];
      for (const part of facts.require("modelParts")) parts.push(await send(tools, context, part));
      const [first] = parts as [UploadResult, ...UploadResult[]];
      facts.set("model", { ...model, sha256: first.sha256 });
      facts.set("hostModels", { chat: first.path, embedding: small.path });
      facts.keep(`The model ${model.name} stays on ${facts.require("hostLabel")} in ${facts.require("layout").models}.`);
      const skipped = [small, ...parts].every((file) => file.skipped);
      const sent = [small, ...parts].reduce((sum, file) => sum + file.bytesSent, 0);
      return { skipped, outcome: skipped ? "already there, proven" : `${(sent / 1e6).toFixed(0)} MB sent and proven` };
    },
  };
}

async function send({ dataFolder, clock }: StepTools, { facts, signal, progress, log }: StepContext, source: string) {
  const { mtimeMs } = await stat(source).catch((error: unknown) => {
    throw sourceFailure(source, error);
  });
  const known = await loadKeptManifest(source, dataFolder, signal);
  const result = await uploadFile({
    host: facts.requireHandle("host"),
    source,
    destination: `${facts.require("layout").models}/${basename(source)}`,
    knownManifest: known ?? undefined,
    clock,
    signal,
    onProgress: progress,
    onManifest: async (manifest) => {
      const place = await keepManifest(source, mtimeMs, manifest, dataFolder);
      if (place !== null) log("debug", `The hashes of ${basename(source)} are kept in ${dirname(place)}.`);
    },
  });
  facts.sent(result.bytesSent);
  log("info", result.skipped ? `${basename(source)} is already there (SHA-256 ${result.sha256}).` : `${basename(source)}: ${result.bytes} bytes proven (SHA-256 ${result.sha256}).`);
  return result;
}
