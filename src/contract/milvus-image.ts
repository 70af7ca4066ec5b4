import { MentorError } from "./errors.ts";
import { MILVUS_IMAGE, type MilvusImage } from "./milvus.ts";

/** A registry's host, which has a dot or a port or is this computer, and a path of words. */
const NAME = /^(localhost|[\w-]+(\.[\w-]+)+|[\w.-]+:\d+)(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+$/;
const DIGEST = /@(sha256:[0-9a-f]{64})$/;

/**
 * The image that a person names: a folder with it (an OCI layout, as an absolute path), or a name that
 * a registry has, either with `@sha256:…` for another version than ours. Throws `input-invalid`.
 */
export function parseMilvusImage(text: string): MilvusImage & { folder?: string } {
  const digest = DIGEST.exec(text)?.[1] ?? MILVUS_IMAGE.digest;
  const place = text.replace(DIGEST, "");
  if (/^(\/|\\\\|[a-z]:[\\/])/i.test(place)) return { name: MILVUS_IMAGE.name, digest, folder: place };
  if (NAME.test(place)) return { name: place, digest };
  throw new MentorError("input-invalid", `“${text}” is no image of Milvus: neither a folder nor a name like ${MILVUS_IMAGE.name}.`, {
    advice: "Name a folder that holds the image as an OCI layout, or its full name in a registry; for another version than the usual one with @sha256: and its digest, never with a tag.",
  });
}
