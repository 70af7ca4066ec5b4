import { basename } from "node:path";
import { MentorError } from "../../../contract/errors.ts";
import type { HostReport } from "../../../core/host/report.ts";
import { fitModel } from "../../../core/model/fit.ts";
import type { StepContext, StepImplementation } from "../../../core/session/step.ts";

/** Students answered at once, unless the request says otherwise. */
export const PARALLEL = 4;
/** Kit, unpacked beside its archive, and the course store with room to grow. Bytes. */
const BESIDES_MODEL = 2 * 2 ** 30;

/** Memory and disk, before anything is sent. */
export function fit(): StepImplementation {
  return {
    id: "fit",
    async run(context) {
      const { facts, request } = context;
      const report = facts.require("report");
      const runsModel = request.chatEndpoint === undefined || request.embeddingEndpoint === undefined;
      // Where no model of ours runs, the part of the tools that knows graphics cards stays at home.
      const gpu = runsModel ? gpuOf(report) : "cpu";
      facts.set("gpu", gpu);
      if (request.chatEndpoint !== undefined) {
        await requireDisk(context);
        return { outcome: "the endpoint needs no room here" };
      }
      const fitted = fitModel({
        weightsBytes: facts.require("model").bytes,
        besidesBytes: facts.get("embedding")?.file?.bytes,
        header: facts.require("header"),
        parallel: request.parallel ?? PARALLEL,
        contextTokens: request.contextTokens,
        memoryBytes: gpu === "cuda" ? Math.max(...report.gpus.map((card) => card.memoryFreeBytes)) : report.memoryAvailableBytes,
        kind: gpu === "cuda" ? "gpu" : "cpu",
      });
      facts.set("fit", fitted);
      await requireDisk(context);
      return { outcome: `${fitted.contextTokens.toLocaleString("en")} tokens for each of ${fitted.parallel} at once` };
    },
  };
}

function gpuOf(report: HostReport): "cpu" | "cuda" | "metal" {
  if (report.platform === "darwin" && report.arch === "arm64") return "metal";
  return report.gpus.length > 0 && report.platform !== "darwin" ? "cuda" : "cpu";
}

async function requireDisk({ facts }: StepContext): Promise<void> {
  const [layout, report] = [facts.require("layout"), facts.require("report")];
  let there = 0;
  for (const part of facts.get("modelParts") ?? []) there += (await facts.requireHandle("host").stat(`${layout.models}/${basename(part)}`))?.bytes ?? 0;
  const needed = BESIDES_MODEL + Math.max(0, (facts.get("model")?.bytes ?? 0) - there);
  if (report.diskFreeBytes >= needed) return;
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new MentorError("disk-full", `${facts.require("hostLabel")} has ${gigabytes(report.diskFreeBytes)} free in ${layout.root}; ${gigabytes(needed)} are needed.`, {
    kept: "Nothing was sent.",
    details: { neededBytes: needed, freeBytes: report.diskFreeBytes },
  });
}
