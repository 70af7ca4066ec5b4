import { expect, test } from "vitest";
import type { MentorError } from "../../../src/contract/errors.ts";
import { OWN_MILVUS_KINDS, type OwnMilvusKind } from "../../../src/contract/milvus.ts";
import { requireLayoutOfEntries, requireLayoutOfKind } from "../../../src/core/backup/store-layout.ts";

/** Of each kind, what its copies hold. */
const ENTRIES: Record<OwnMilvusKind, string[]> = {
  lite: ["volumes/", "volumes/milvus.db"],
  server: ["volumes/", "volumes/etcd/", "volumes/etcd/member/", "volumes/data/", "volumes/rocksmq/"],
  image: ["volumes/", "volumes/rocksmq/", "volumes/etcd/", "volumes/etcd/member/", "volumes/data/"],
  compose: ["volumes/", "volumes/etcd/", "volumes/minio/", "volumes/minio/a-bucket/", "volumes/milvus/"],
};

test("the real server's folder is the same from a wheel and from an image; no other kind reads another's", () => {
  const outcome = (check: () => void): string => {
    try {
      check();
      return "fits";
    } catch (error) {
      return (error as MentorError).code;
    }
  };
  const same = (made: OwnMilvusKind, here: OwnMilvusKind) => made === here || (made !== "lite" && here !== "lite" && made !== "compose" && here !== "compose");
  for (const made of OWN_MILVUS_KINDS) {
    for (const here of OWN_MILVUS_KINDS) {
      const expected = same(made, here) ? "fits" : "backup-other-version";
      expect([made, here, outcome(() => requireLayoutOfKind(made, here)), outcome(() => requireLayoutOfEntries(ENTRIES[made], here))]).toEqual([made, here, expected, expected]);
    }
  }
});

test("a kind that this app does not know is refused by its name", () => {
  expect(() => requireLayoutOfKind("cluster", "server")).toThrow("The copy is the folder of cluster;");
});
