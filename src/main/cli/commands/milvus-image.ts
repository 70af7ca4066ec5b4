import { resolve } from "node:path";
import { systemClock } from "../../../adapters/local/clock.ts";
import { MentorError } from "../../../contract/errors.ts";
import { parseMilvusImage } from "../../../contract/milvus-image.ts";
import { MILVUS_IMAGE } from "../../../contract/milvus.ts";
import { fetchImage, proveImage } from "../../../../remote/kit/milvus-image.ts";
import type { CommandContext } from "../command.ts";
import { UsageError } from "../failure.ts";
import { createProgressView } from "../progress-view.ts";
import { formatBytes } from "../units.ts";

export interface MilvusImageOptions {
  to: string;
  image?: string;
}

/** Puts the official image into a folder, by skopeo, for hosts that cannot fetch it; goes on where it stopped. The core is not asked. */
export async function milvusImage({ to, image: wanted = MILVUS_IMAGE.name }: MilvusImageOptions, { output }: CommandContext): Promise<void> {
  const { cwd, interrupt: signal } = output.terminal;
  const folder = resolve(cwd, to);
  let image;
  try {
    image = parseMilvusImage(wanted);
  } catch (error) {
    throw new UsageError((error as MentorError).message);
  }
  if (image.folder !== undefined) throw new UsageError("--image is the name of an image in a registry, not a folder.");
  const view = createProgressView(output, "Milvus image");
  const say = (detail: string) => view.update({ done: 0, total: null, unit: "steps", rate: null, etaSeconds: null, detail });
  try {
    await fetchImage(image, folder, { signal, clock: systemClock, say, where: "this computer" });
    say("Reading it back");
    const { bytes } = await proveImage(folder, image.digest, signal);
    view.finish();
    output.line(`${formatBytes(bytes)} in ${folder}, compared with ${image.digest}.`);
    output.result("milvus-image", { image: { folder, name: image.name, digest: image.digest, bytes } });
  } catch (error) {
    view.finish();
    if (signal.aborted) throw new MentorError("cancelled", "You stopped the fetching of the Milvus image.", { kept: "What had arrived of it is kept." });
    throw error;
  }
}
