import type { OwnMilvusKind } from "../../contract/milvus.ts";
import type { Host } from "../ports.ts";

/** The course store of a running session as a whole: for copies of its folder, which need it to stand still. */
export interface StoreControl {
  host: Host;
  kind: OwnMilvusKind;
  /** Where it keeps its data on the host. */
  dataDir: string;
  /** Of the API's backups: files in `exports/ID` can be fetched, files in `incoming/ID` were sent. */
  backups: string;
  /** A program on the host that runs JavaScript. */
  node: string;
  stop(): Promise<void>;
  /** Resolves when it answers again. Unless it is to try a copy, its folder is as it was before any that nobody has proven. */
  start(how?: { tryCopy: boolean }): Promise<void>;
  /** Where the store asks for a password: gives it the one of this host, whichever came with a copy from another. It is stopped and started for that. */
  takeOver?(signal: AbortSignal): Promise<void>;
}
