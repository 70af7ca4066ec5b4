import type { MilvusKind } from "../../contract/milvus.ts";
import { MentorError } from "../../contract/errors.ts";
import type { StartRequest } from "../../contract/session.ts";
import type { HostReport } from "./report.ts";

/** The server's program and a course with room to grow beside it, and what it takes beside the model. Bytes. */
const SERVER_DISK = 4 * 2 ** 30;
const SERVER_MEMORY = 2 * 2 ** 30;

/** What the host holds of earlier sessions. */
export interface KeptStores {
  lite: boolean;
  server: boolean;
}

/**
 * Which Milvus keeps the course: somebody else's where one is named, the one that was asked for, the
 * one that the course is in already, else the real server on a host that can carry it, and Milvus
 * Lite everywhere else. Throws `host-unsuitable` when the server was asked for and cannot run.
 */
export function chooseMilvus(report: HostReport, { host, milvus, milvusUrl }: Pick<StartRequest, "host" | "milvus" | "milvusUrl">, kept: KeptStores): { kind: MilvusKind; reason: string; url?: string } {
  if (milvusUrl !== undefined) return { kind: "remote", reason: "It was named.", url: milvusUrl };
  const lack = serverLacks(report);
  if (milvus === "server" && lack !== null) {
    throw new MentorError("host-unsuitable", `The real Milvus server cannot run on this host: ${lack}.`, { advice: "Leave the choice to the app: Milvus Lite runs here." });
  }
  if (milvus !== undefined) return { kind: milvus, reason: "It was chosen." };
  if (kept.server && lack === null) return { kind: "server", reason: "The course is in it already." };
  if (kept.lite) return { kind: "lite", reason: "The course is in it already." };
  if (host.kind === "local") return { kind: "lite", reason: "It is the lighter one, and enough for this computer." };
  return lack === null ? { kind: "server", reason: "This host can carry it." } : { kind: "lite", reason: `The real server cannot run here: ${lack}.` };
}

/** What keeps the real server from running on a host, after "because"; null when nothing does. */
export function serverLacks(report: HostReport): string | null {
  if (report.platform !== "linux" || report.arch !== "x64") return "it needs Linux on a 64-bit Intel or AMD processor";
  if (!report.networkNamespace) return "its inner ports could not be kept from the network (the host allows no network namespace)";
  if (report.memoryAvailableBytes < SERVER_MEMORY) return `it needs ${SERVER_MEMORY / 2 ** 30} GB of free memory`;
  if (report.diskFreeBytes < SERVER_DISK) return `it needs ${SERVER_DISK / 2 ** 30} GB of free disk space`;
  return null;
}
