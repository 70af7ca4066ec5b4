import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MentorError } from "../../../src/contract/errors.ts";

/** What names a piece of an image by its content (OCI image specification, "Content Descriptors"). */
const Descriptor = z.object({
  mediaType: z.string(),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  size: z.number().int().nonnegative(),
  platform: z.object({ os: z.string(), architecture: z.string() }).optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

const Index = z.object({ manifests: z.array(Descriptor) });
const Manifest = z.object({ config: Descriptor, layers: z.array(Descriptor) });

/** A manifest or an index is a page of JSON, never more. Bytes. */
const LARGEST_JSON = 4 << 20;

/**
 * An image in an OCI layout, as `skopeo copy … oci:FOLDER` leaves it. Nothing of it is used before
 * its bytes have been compared with the digest that names them, down from the one that is pinned.
 */
export class ImageLayout {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * The layers of the pinned image for Linux on x86-64, lowest first, and the digests of the documents
   * that lead to them. `pinned`: `sha256:…` of its index or of its manifest. Throws `kit-corrupt`.
   */
  async parts(pinned: string): Promise<{ layers: Descriptor[]; documents: string[] }> {
    const { manifests } = this.#parse(Index, await this.#small(join(this.#folder, "index.json")), "index.json");
    const top = manifests.find(({ digest }) => digest === pinned);
    if (top === undefined) throw corrupt(`The image in ${this.#folder} is not the one that is wanted (${pinned}).`);
    const json = await this.#json(top);
    const inner = amd64Of(json);
    const { layers } = this.#parse(Manifest, inner === null ? json : await this.#json(inner), "manifest");
    return { layers, documents: [top.digest, ...(inner === null ? [] : [inner.digest])] };
  }

  /** Path of a piece, once its size and its SHA-256 are right. Throws `kit-corrupt`. */
  async proven({ digest, size }: Descriptor, signal?: AbortSignal): Promise<string> {
    const path = join(this.#folder, blobPath(digest));
    const found = await stat(path).catch(() => null);
    if (found === null) throw corrupt(`A part of the image is missing: ${digest}.`);
    if (found.size !== size) throw corrupt(`A part of the image has ${found.size} bytes instead of ${size}: ${digest}.`);
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal })) hash.update(chunk as Buffer);
    if (`sha256:${hash.digest("hex")}` !== digest) throw corrupt(`A part of the image has another content than its name says: ${digest}.`);
    return path;
  }

  async #json(descriptor: Descriptor): Promise<unknown> {
    return this.#small(await this.proven(descriptor));
  }

  async #small(path: string): Promise<unknown> {
    const found = await stat(path).catch(() => null);
    if (found === null || found.size > LARGEST_JSON) throw corrupt(`${path} is missing or too large for what it is.`);
    try {
      return JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      throw corrupt(`${path} is no JSON.`, error);
    }
  }

  #parse<T>(schema: z.ZodType<T>, json: unknown, what: string): T {
    const parsed = schema.safeParse(json);
    if (!parsed.success) throw corrupt(`The image's ${what} is not as the OCI specification has it.`, parsed.error);
    return parsed.data;
  }
}

/** The part for Linux on x86-64 where this is an image's index; null for a manifest. Throws `kit-corrupt` where there is no such part. */
export function amd64Of(document: unknown): Descriptor | null {
  const index = Index.safeParse(document);
  if (!index.success) return null;
  const ours = index.data.manifests.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64");
  if (ours === undefined) throw corrupt("The image has no part for Linux on x86-64.");
  return ours;
}

/** Path of a piece inside a layout, with `/`. */
export const blobPath = (digest: string): string => `blobs/sha256/${digest.slice("sha256:".length)}`;

export const corrupt = (message: string, cause?: unknown): MentorError => new MentorError("kit-corrupt", message, { cause });
