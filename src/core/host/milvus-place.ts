import { MILVUS_IMAGE, type MilvusImage, type OwnMilvusKind } from "../../contract/milvus.ts";
import type { HostLayout } from "./layout.ts";

/** Where a Milvus of ours keeps its data on a host, and the file with the token that opens it; Lite looks at none. */
export interface MilvusPlace {
  dataDir: string;
  tokenFile?: string;
}

/**
 * One place for each kind, and for each version of the image: none can be counted on to read what
 * another wrote, and none may begin to change it.
 */
export function milvusPlace(layout: HostLayout, kind: OwnMilvusKind, image: MilvusImage = MILVUS_IMAGE): MilvusPlace {
  switch (kind) {
    case "lite":
      return { dataDir: layout.milvusData };
    case "server":
      return { dataDir: layout.milvusServerData, tokenFile: layout.milvusServerToken };
    case "image": {
      const dataDir = `${layout.milvusImageData}-${imageMark(image)}`;
      return { dataDir, tokenFile: `${dataDir}.token` };
    }
    case "compose":
      // As the original's containers had it beside their file.
      return { dataDir: `${layout.milvusCompose}/volumes`, tokenFile: `${layout.milvusCompose}/milvus.token` };
  }
}

/** Where an image is unpacked on a host. */
export const imageFolder = (layout: HostLayout, image: MilvusImage): string => `${layout.milvusImages}/${imageMark(image)}`;

/** Enough of the digest to tell images apart. */
const imageMark = ({ digest }: MilvusImage): string => digest.slice("sha256:".length, "sha256:".length + 12);
