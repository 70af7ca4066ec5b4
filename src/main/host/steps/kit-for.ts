import type { Kit, KitPlatform } from "../../../contract/kit.ts";
import type { InstalledKit, InstallKitOptions } from "../../../core/kit/install.ts";
import type { StepContext, StepOutcome } from "../../../core/session/step.ts";
import { uploadFile } from "../../../core/upload/upload.ts";
import { makeKit } from "../kit.ts";
import { projectFolder } from "../resources.ts";
import type { StepTools } from "./tools.ts";
import "./facts.ts";

/** The kit for the session's host, made once in a session. */
export async function kitFor({ cacheFolder }: StepTools, { facts, signal, progress }: StepContext): Promise<Kit> {
  const made = facts.handle("kit");
  if (made !== undefined) return made;
  const report = facts.require("report");
  const { kind } = facts.require("milvus");
  const local = facts.requireHandle("host").kind === "local";
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
  await facts.hold("kit", kit);
  return kit;
}

export const sentOutcome = ({ skipped, bytesSent }: Pick<InstalledKit, "skipped" | "bytesSent">): StepOutcome => ({ skipped, outcome: skipped ? "already there" : `${(bytesSent / 1e6).toFixed(0)} MB sent` });

/** How a kit is sent to a host behind SSH. */
export function onTheWay({ clock }: StepTools, { facts, signal, progress }: StepContext, kit: Kit): InstallKitOptions {
  const host = facts.requireHandle("host");
  return {
    host,
    kit,
    layout: facts.require("layout"),
    signal,
    onProgress: progress,
    upload: async (source, destination, onProgress) => {
      const result = await uploadFile({ host, source, destination, clock, signal, onProgress });
      facts.sent(result.bytesSent);
    },
  };
}
