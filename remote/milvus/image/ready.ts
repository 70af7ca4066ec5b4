import { rm, stat } from "node:fs/promises";
import type { MilvusServiceConfig } from "../../../src/contract/agent.ts";
import { fetchImage, holdsImage, type FetchOptions } from "./fetch.ts";
import { unpackImage } from "./unpack.ts";

/** Where an image is sent to, or fetched into, that is to be unpacked into `folder`. */
export const layoutBeside = (folder: string): string => `${folder}.oci`;

/**
 * Makes sure that the image is unpacked in its folder: from the layout that is given or lies beside
 * it, else from what skopeo fetches. An unpacked folder has its name only once it is whole, so it is
 * not looked into again.
 *
 * @throws MentorError kit-corrupt, kit-unavailable, host-unsuitable, disk-full
 */
export async function readyImage({ folder, layout, ...image }: NonNullable<MilvusServiceConfig["image"]>, options: FetchOptions): Promise<void> {
  if ((await stat(folder).catch(() => null)) !== null) return;
  const beside = layoutBeside(folder);
  const source = layout ?? beside;
  if (layout === null && !(await holdsImage(source, image.digest))) await fetchImage(image, source, options);
  await unpackImage(source, image.digest, folder, { signal: options.signal, onProgress: ({ done, total, detail }) => options.say(`${detail} (${megabytes(done)} of ${megabytes(total!)} MB)`) });
  await rm(beside, { recursive: true, force: true });
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
