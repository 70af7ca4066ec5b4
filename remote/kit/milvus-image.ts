import { blobPath, ImageLayout } from "../milvus/image/layout.ts";

export { fetchImage, holdsImage, noSkopeo } from "../milvus/image/fetch.ts";
export { layoutBeside } from "../milvus/image/ready.ts";

/** One file of an OCI layout, as it is sent to a host. */
export interface ImageFile {
  /** Inside the layout, with `/`. */
  path: string;
  /** Hex; null for the one that is not known by its content. */
  sha256: string | null;
  /** Bytes; 0 where it is a page of JSON. */
  bytes: number;
}

/** What a host needs of a layout to unpack the image, small things first and its index last. Throws `kit-corrupt`. */
export async function imageFiles(layout: string, digest: string): Promise<ImageFile[]> {
  const { layers, documents } = await new ImageLayout(layout).parts(digest);
  const file = (one: string, bytes: number): ImageFile => ({ path: blobPath(one), sha256: one.slice("sha256:".length), bytes });
  return [...documents.map((one) => file(one, 0)), ...layers.map(({ digest: one, size }) => file(one, size)), { path: "index.json", sha256: null, bytes: 0 }];
}

/** Reads all of an image and compares it with its digests. Throws `kit-corrupt`. */
export async function proveImage(folder: string, digest: string, signal: AbortSignal): Promise<{ bytes: number }> {
  const layout = new ImageLayout(folder);
  const { layers } = await layout.parts(digest);
  for (const layer of layers) await layout.proven(layer, signal);
  return { bytes: layers.reduce((sum, { size }) => sum + size, 0) };
}
