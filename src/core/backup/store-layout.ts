import { MentorError } from "../../contract/errors.ts";
import { OWN_MILVUS_KINDS, type OwnMilvusKind } from "../../contract/milvus.ts";
import { MILVUS_TITLES } from "../host/milvus.ts";

/**
 * How a store lays out its folder: Lite its files, the server its own etcd beside files on the disk
 * (from a wheel and from an image alike), the containers a folder each. One cannot read another's.
 */
type StoreLayout = "lite" | "server" | "containers";

const LAYOUTS: Record<OwnMilvusKind, StoreLayout> = { lite: "lite", server: "server", image: "server", compose: "containers" };

/** The one folder in an archive, as the original's have it. */
export const TOP = "volumes";

/** Throws `backup-other-version` for a copy that was made with a kind whose folder is another than that of `here`. */
export function requireLayoutOfKind(made: string, here: OwnMilvusKind): void {
  const kind = OWN_MILVUS_KINDS.find((one) => one === made);
  if (kind === undefined || LAYOUTS[kind] !== LAYOUTS[here]) throw otherLayout(made, here);
}

/** The same by what is in the archive: one that the original made has no label. `entries`: below `TOP`. */
export function requireLayoutOfEntries(entries: readonly string[], here: OwnMilvusKind): void {
  const has = (part: string) => entries.some((entry) => entry.startsWith(`${TOP}/${part}/`));
  const made = has("etcd") ? (has("minio") ? "compose" : "server") : "lite";
  if (LAYOUTS[made] !== LAYOUTS[here]) throw otherLayout(made, here);
}

function otherLayout(made: string, here: OwnMilvusKind): MentorError {
  const title = (MILVUS_TITLES as Record<string, string>)[made] ?? made;
  return new MentorError("backup-other-version", `The copy is the folder of ${title}; this session's course is in ${MILVUS_TITLES[here]}, which lays its folder out otherwise.`, {
    advice: `Restore it in a session with that store (ai-mentor start --milvus ${made}); or make a backup of rows where the copy came from (ai-mentor backup create): it fits every store.`,
  });
}
