import { z } from "zod";

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
