import { join, posix } from "node:path";
import type { MilvusServiceConfig } from "../../../contract/agent.ts";
import { MentorError } from "../../../contract/errors.ts";
import type { HostLayout } from "../../../core/host/layout.ts";
import type { ChosenMilvus } from "../../../core/host/milvus.ts";
import { imageFolder } from "../../../core/host/milvus-place.ts";
import type { Clock, Host } from "../../../core/ports.ts";
import { ProgressMeter } from "../../../core/progress-meter.ts";
import type { SessionFacts } from "../../../core/session/facts.ts";
import type { StepContext } from "../../../core/session/step.ts";
import { uploadFile } from "../../../core/upload/upload.ts";
import { holdsImage, imageFiles, layoutBeside, noSkopeo } from "../../../../remote/kit/milvus-image.ts";

type Image = NonNullable<ChosenMilvus["image"]>;

/** Of the stick: the image as an OCI layout. */
const STICK_FOLDER = "milvus";

/**
 * Where the image will come from: the folder that was named, the host, which has it from an earlier
 * session, the stick, or the host's own skopeo. Throws `input-invalid`, `host-unsuitable`, `kit-corrupt`.
 */
export async function findImage(host: Host, layout: HostLayout, image: Image, stick: string | undefined, signal: AbortSignal): Promise<Image> {
  if ((await host.stat(imageFolder(layout, image))) !== null) return image;
  const folder = image.folder ?? (stick === undefined ? undefined : join(stick, STICK_FOLDER));
  if (folder !== undefined && (await holdsImage(folder, image.digest))) {
    await imageFiles(folder, image.digest);
    return { ...image, folder };
  }
  if (image.folder !== undefined) {
    throw new MentorError("input-invalid", `${image.folder} does not hold the image ${image.digest} as an OCI layout.`, { advice: "For another version of Milvus, write its digest behind the folder: FOLDER@sha256:…." });
  }
  const { exitCode } = await host.exec(["skopeo", "--version"], { signal });
  if (exitCode !== 0) throw noSkopeo(host.label);
  return image;
}

/** Sends the image from this computer to a host behind SSH, unless it is there; goes on with what has arrived. */
export async function sendImage({ facts, signal, progress }: StepContext, clock: Clock): Promise<void> {
  const image = facts.get("milvus")?.image;
  const host = facts.requireHandle("host");
  if (image?.folder === undefined || host.kind === "local") return;
  const unpacked = imageFolder(facts.require("layout"), image);
  if ((await host.stat(unpacked)) !== null) return;
  const files = await imageFiles(image.folder, image.digest);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const meter = new ProgressMeter("bytes", () => clock.now());
  let before = 0;
  for (const { path, sha256, bytes } of files) {
    const destination = posix.join(layoutBeside(unpacked), path);
    await host.exec(["mkdir", "-p", "--", posix.dirname(destination)], { signal });
    const sent = await uploadFile({ host, source: join(image.folder, path), destination, clock, signal, onProgress: ({ done }) => progress(meter.at(Math.min(total, before + done), total, "Sending the Milvus server")) });
    if (sha256 !== null && sent.sha256 !== sha256) throw new MentorError("kit-corrupt", `A part of the image in ${image.folder} has another content than its name says: ${path}.`, { advice: "Make the folder anew, then press Retry." });
    facts.sent(sent.bytesSent);
    before += bytes;
  }
}

/** How the agent gets at the image; undefined for the other kinds. */
export function imageConfig(facts: SessionFacts): MilvusServiceConfig["image"] {
  const image = facts.get("milvus")?.image;
  if (image === undefined) return undefined;
  const { name, digest, folder } = image;
  const local = facts.requireHandle("host").kind === "local";
  return { name, digest, folder: imageFolder(facts.require("layout"), image), layout: local && folder !== undefined ? folder : null };
}
