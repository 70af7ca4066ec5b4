import { parseMilvusImage } from "../../contract/milvus-image.ts";
import { MILVUS_IMAGE, type LastMilvus, type MilvusImage, type MilvusKind, type OwnMilvusKind } from "../../contract/milvus.ts";
import { MentorError } from "../../contract/errors.ts";
import type { StartRequest } from "../../contract/session.ts";
import type { HostReport } from "./report.ts";

/** The server's program and a course with room to grow beside it, and what it takes beside the model. Bytes. */
const SERVER_DISK = 4 * 2 ** 30;
const SERVER_MEMORY = 2 * 2 ** 30;
/** An image as it is fetched, unpacked beside that, and a course. Bytes. */
const IMAGE_DISK = 8 * 2 ** 30;

export const MILVUS_TITLES: Record<MilvusKind, string> = {
  lite: "Milvus Lite",
  server: "the real Milvus server",
  image: "the Milvus server of the official image",
  compose: "the official Milvus containers (Docker)",
  remote: "somebody else's Milvus",
};

export interface ChosenMilvus {
  kind: MilvusKind;
  reason: string;
  /** Of somebody else's. */
  url?: string;
  /** Of the kind `image`; `folder`: on this computer, where a person or the stick has it. */
  image?: MilvusImage & { folder?: string };
}

/** What the host holds of earlier sessions. */
export interface KeptStores {
  lite: boolean;
  server: boolean;
  /** null where an earlier version has left no word. */
  last: LastMilvus | null;
}

/**
 * Which Milvus keeps the course: somebody else's where one is named, the one that was asked for, the
 * one that the course is in already, else the real server on a host that can carry it, and Milvus
 * Lite everywhere else. Throws `host-unsuitable` when the one that was asked for, or has the course,
 * cannot run, and `input-invalid` for an image that is none.
 */
export function chooseMilvus(report: HostReport, { host, milvus, milvusImage, milvusUrl }: Pick<StartRequest, "host" | "milvus" | "milvusImage" | "milvusUrl">, kept: KeptStores): ChosenMilvus {
  if (milvusUrl !== undefined) return { kind: "remote", reason: "It was named.", url: milvusUrl };
  const wanted = milvusImage === undefined ? milvus : "image";
  if (wanted !== undefined) {
    requireRoomFor(wanted, report, { advice: "Leave the choice to the app: Milvus Lite runs here." });
    return { kind: wanted, reason: "It was chosen.", ...(wanted === "image" && { image: milvusImage === undefined ? (kept.last?.image ?? MILVUS_IMAGE) : parseMilvusImage(milvusImage) }) };
  }
  if (kept.last !== null) {
    requireRoomFor(kept.last.kind, report, { kept: "The course is in it, and was left alone.", advice: "Make room for it on the host; or begin with another course store there: ai-mentor start --milvus lite." });
    return { ...kept.last, reason: "The course is in it already." };
  }
  const lack = serverLacks(report);
  if (kept.server && lack === null) return { kind: "server", reason: "The course is in it already." };
  if (kept.lite) return { kind: "lite", reason: "The course is in it already." };
  if (host.kind === "local") return { kind: "lite", reason: "It is the lighter one, and enough for this computer." };
  return lack === null ? { kind: "server", reason: "This host can carry it." } : { kind: "lite", reason: `The real server cannot run here: ${lack}.` };
}

function requireRoomFor(kind: OwnMilvusKind, report: HostReport, options: { kept?: string; advice: string }): void {
  const lack = kind === "server" ? serverLacks(report) : kind === "image" ? serverLacks(report, IMAGE_DISK) : null;
  if (lack !== null) throw new MentorError("host-unsuitable", `${MILVUS_TITLES[kind].replace(/^t/, "T")} cannot run on this host: ${lack}.`, options);
}

/** What keeps the real server from running on a host, after "because"; null when nothing does. `disk` in bytes. */
export function serverLacks(report: HostReport, disk = SERVER_DISK): string | null {
  if (report.platform !== "linux" || report.arch !== "x64") return "it needs Linux on a 64-bit Intel or AMD processor";
  if (!report.networkNamespace) return "its inner ports could not be kept from the network (the host allows no network namespace)";
  if (report.memoryAvailableBytes < SERVER_MEMORY) return `it needs ${SERVER_MEMORY / 2 ** 30} GB of free memory`;
  if (report.diskFreeBytes < disk) return `it needs ${disk / 2 ** 30} GB of free disk space`;
  return null;
}
