import type { KitPlatform } from "../../../contract/kit.ts";
import { installKit as installOnHost } from "../../../core/kit/install.ts";
import { uploadFile } from "../../../core/upload/upload.ts";
import type { StepImplementation } from "../../../core/session/step.ts";
import { makeKit } from "../kit.ts";
import { projectFolder } from "../resources.ts";
import type { StepTools } from "./tools.ts";

/** Everything that runs on the host travels in one folder; a host that has it already is not sent it again. */
export function installKit({ cacheFolder, clock }: StepTools): StepImplementation {
  return {
    id: "install-kit",
    async run({ facts, signal, progress, log }) {
      const host = facts.requireHandle("host");
      const report = facts.require("report");
      const { kind } = facts.require("milvus");
      const local = host.kind === "local";
      const kit = await makeKit({
        cacheDir: cacheFolder,
        platform: local ? (`${process.platform}-${process.arch}` as KitPlatform) : "linux-x64",
        // Milvus Lite and what it needs are the whole of it.
        python: kind === "lite" ? (local ? report.python : { tag: report.python!.tag }) : null,
        milvusServer: kind === "server",
        gpu: facts.require("gpu"),
        archives: !local,
        project: projectFolder(),
        signal,
        onProgress: progress,
      });
      if (local) {
        facts.set("kit", { hash: kit.hash, path: kit.folder });
        return { outcome: "on this computer", skipped: false };
      }
      const installed = await installOnHost({
        host,
        kit,
        layout: facts.require("layout"),
        signal,
        onProgress: progress,
        upload: async (source, destination, onProgress) => {
          const result = await uploadFile({ host, source, destination, clock, signal, onProgress });
          facts.sent(result.bytesSent);
        },
      });
      log("info", installed.skipped ? "The tools are already on the host." : "The tools are on the host, proven file by file.");
      facts.set("kit", { hash: kit.hash, path: installed.path });
      facts.keep(`The tools stay on ${facts.require("hostLabel")}, so that the next start is quick.`);
      return { skipped: installed.skipped, outcome: installed.skipped ? "already there" : `${(installed.bytesSent / 1e6).toFixed(0)} MB sent` };
    },
  };
}
