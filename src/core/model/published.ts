/** A model file whose hash its publisher prints. */
interface PublishedModel {
  name: string;
  /** In lower case, as it is offered for download. */
  file: string;
  bytes: number;
  sha256: string;
}

/** From the publisher's own pages: Hugging Face's `X-Linked-Size` and `X-Linked-Etag` of the file. */
const PUBLISHED: readonly PublishedModel[] = [
  {
    name: "Mistral 7B Instruct v0.2, Q5_K_M",
    file: "mistral-7b-instruct-v0.2.q5_k_m.gguf",
    bytes: 5_131_409_696,
    sha256: "b85cdd596ddd76f3194047b9108a73c74d77ba04bef49255a50fc0cfbda83d32",
  },
];

export interface Published {
  name: string;
  /** False: it has the name or the size of the published file, and is another one. */
  genuine: boolean;
}

/** Whether a file is one that we know by its hash, or only looks like it; null for any other file. */
export function recognisePublished(file: string, bytes: number, sha256: string, published = PUBLISHED): Published | null {
  const same = published.find((model) => model.sha256 === sha256);
  if (same !== undefined) return { name: same.name, genuine: true };
  const alike = published.find((model) => model.file === file.toLowerCase() || model.bytes === bytes);
  return alike === undefined ? null : { name: alike.name, genuine: false };
}
