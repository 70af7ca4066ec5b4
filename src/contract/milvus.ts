import { z } from "zod";

/**
 * Which Milvus keeps the course: ours in Python, ours as the real server, the server of the official
 * image without Docker, the official stack of containers with it, or somebody else's.
 */
export const MILVUS_KINDS = ["lite", "server", "image", "compose", "remote"] as const;
export type MilvusKind = (typeof MILVUS_KINDS)[number];

/** Those that a session starts on its host. */
export const OWN_MILVUS_KINDS = ["lite", "server", "image", "compose"] as const satisfies MilvusKind[];
export type OwnMilvusKind = (typeof OWN_MILVUS_KINDS)[number];

/** An image of the server, known by its content. */
export const MilvusImage = z.object({
  /** As a registry's client takes it, without tag and digest. */
  name: z.string(),
  /** `sha256:…` of its index, or of its manifest. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});
export type MilvusImage = z.infer<typeof MilvusImage>;

/** The official image: the index of v3.0.0. */
export const MILVUS_IMAGE: MilvusImage = { name: "docker.io/milvusdb/milvus", digest: "sha256:49371c30af46b1013e4d3e0b980e691d81376d69cdbe1b372725baf1d7255862" };

/** What a session used last on a host, in a file beside the course's data: the next one goes on with it. */
export const LastMilvus = z.object({ kind: z.enum(OWN_MILVUS_KINDS), image: MilvusImage.optional() });
export type LastMilvus = z.infer<typeof LastMilvus>;

/** Where a Milvus is and who asks. Holds a secret: on a host it lives in a 0600 file and nowhere else. */
export const MilvusTarget = z.object({
  /** `127.0.0.1:19530`, or the name and port of somebody else's. */
  address: z.string(),
  /** `USER:PASSWORD` or an API key; none for a Milvus that asks for none, and for Milvus Lite, which looks at none. */
  token: z.string().nullish(),
  /** Whether it is reached over TLS, with a certificate that the host's authorities vouch for. */
  tls: z.boolean().optional(),
});
export type MilvusTarget = z.infer<typeof MilvusTarget>;

/** What `api.mjs --check-milvus` reads on its standard input, never as an argument. */
export const MilvusCheckRequest = z.object({
  target: MilvusTarget,
  /** Of a server of ours: file on the host that holds its token, or will; the server is claimed with it. */
  tokenFile: z.string().optional(),
  /** That server asks nobody for a password just now; it gets the one of `tokenFile`, whichever it had. */
  unlocked: z.boolean().optional(),
});
export type MilvusCheckRequest = z.infer<typeof MilvusCheckRequest>;

/** What a Milvus does, each found by trying it: a call that is unknown to a server looks like one that succeeded. */
export interface MilvusCapabilities {
  /** As it says itself. */
  version: string;
  /** A wrong password is refused. */
  enforcesUsers: boolean;
  /** What becomes of a row that is inserted under a key which is there. */
  insertOfExistingKey: "keeps-both" | "replaces" | "refuses";
  /** One search over two kinds of vectors. */
  hybridSearch: boolean;
  /** It makes vectors of words from text by itself. */
  bm25: boolean;
}
