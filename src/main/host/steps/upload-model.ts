import type { UploadResult } from "../../../contract/upload.ts";
import type { StepImplementation } from "../../../core/session/step.ts";
import { sendModel } from "./send-model.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** The model that answers, all its parts. */
export function uploadModel(tools: StepTools): StepImplementation {
  return {
    id: "upload-model",
    async run(context) {
      const { facts, request } = context;
      const parts = await sendModel(tools, context, facts.require("modelParts"), request.mirror);
      const model = facts.require("model");
      facts.set("model", { ...model, sha256: parts[0].sha256 });
      facts.keep(`The model ${model.name} stays on ${facts.require("hostLabel")} in ${facts.require("layout").models}.`);
      const skipped = parts.every((file) => file.skipped);
      return { skipped, outcome: skipped ? "already there, proven" : outcome(parts) };
    },
  };
}

function outcome(files: readonly UploadResult[]): string {
  const megabytes = (of: (file: UploadResult) => number) => (files.reduce((sum, file) => sum + of(file), 0) / 1e6).toFixed(0);
  const fromMirror = megabytes((file) => file.bytesFromMirror);
  const sent = `${megabytes((file) => file.bytesSent)} MB sent`;
  return fromMirror === "0" ? `${sent} and proven` : `${sent}, ${fromMirror} MB fetched from the mirror, all proven`;
}
