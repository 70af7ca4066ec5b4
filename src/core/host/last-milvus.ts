import { LastMilvus, type MilvusImage, type OwnMilvusKind } from "../../contract/milvus.ts";
import type { Host } from "../ports.ts";
import type { HostLayout } from "./layout.ts";

/** What a session used last on a host; null where none has left word. */
export async function lastMilvus(host: Host, { milvusLast }: HostLayout): Promise<LastMilvus | null> {
  const content = await host.readFile(milvusLast);
  if (content === null) return null;
  try {
    return LastMilvus.parse(JSON.parse(Buffer.from(content).toString()));
  } catch {
    return null;
  }
}

/** Leaves word for the next session on this host. */
export async function rememberMilvus(host: Host, { milvusLast }: HostLayout, kind: OwnMilvusKind, image?: MilvusImage): Promise<void> {
  const last: LastMilvus = { kind, ...(image !== undefined && { image: { name: image.name, digest: image.digest } }) };
  await host.writeFile(milvusLast, `${JSON.stringify(last)}\n`, 0o600);
}
