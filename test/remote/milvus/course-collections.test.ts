import { expect, test } from "vitest";
import type { MilvusConnection } from "../../../remote/milvus/connection.ts";
import { CourseCollections } from "../../../remote/milvus/course-collections.ts";

/** The names in a Milvus, as far as aliases go; killed before its `changes`-th change of any. */
class Names {
  collections = new Set(["rocks"]);
  aliases = new Map<string, string>();
  changes = Infinity;
  readonly connection = { call: async (_: string, work: (client: unknown) => unknown) => work(this.#client) } as unknown as MilvusConnection;
  readonly #client = {
    hasCollection: ({ collection_name }: { collection_name: string }) => ({ value: this.collections.has(collection_name) || this.aliases.has(collection_name) }),
    describeCollection: ({ collection_name }: { collection_name: string }) => ({ schema: { name: this.aliases.get(collection_name) ?? collection_name } }),
    showCollections: () => ({ data: [...this.collections].map((name) => ({ name })) }),
    createAlias: this.#changing(({ alias, collection_name }) => void this.aliases.set(alias, collection_name)),
    alterAlias: this.#changing(({ alias, collection_name }) => void this.aliases.set(alias, collection_name)),
    dropAlias: this.#changing(({ alias }) => void this.aliases.delete(alias)),
    dropCollection: this.#changing(({ collection_name }) => {
      if ([...this.aliases.values()].includes(collection_name)) throw new Error("A collection with an alias cannot be dropped.");
      this.collections.delete(collection_name);
    }),
  };

  #changing(change: (names: { alias: string; collection_name: string }) => void) {
    return (names: { alias: string; collection_name: string }) => {
      if (this.changes-- <= 0) throw new Error("killed");
      change(names);
    };
  }
}

const withRestored = async (...restored: string[]) => {
  const names = new Names();
  const collections = new CourseCollections(names.connection, "rocks");
  for (const name of restored) {
    names.collections.add(name);
    await collections.promote(name);
  }
  return { names, collections, state: async () => [await collections.current(), await collections.previous()] };
};

const CUTS = [0, 1, 2, 3, 4];

test.each(CUTS)("going back that is cut after %i steps keeps both courses, and is finished, not turned round, when it is done again", async (steps) => {
  const { names, collections, state } = await withRestored("rocks_restored_1");
  names.changes = steps;
  await collections.goBack().catch(() => {});
  names.changes = Infinity;
  expect(["rocks", "rocks_restored_1"]).toContain(await collections.current());
  await collections.clear();
  expect([...names.collections].sort()).toEqual(["rocks", "rocks_restored_1"]);
  // What was not cut was not failed, so nobody does it again.
  if (steps < 4) await collections.goBack();
  expect(await state()).toEqual(["rocks", "rocks_restored_1"]);
  expect([...names.aliases.keys()].sort()).toEqual(["rocks_current", "rocks_previous"]);
});

test.each(CUTS)("after going back that was cut after %i steps another restore takes over, and can be gone back from", async (steps) => {
  const { names, collections, state } = await withRestored("rocks_restored_1");
  names.changes = steps;
  await collections.goBack().catch(() => {});
  names.changes = Infinity;
  const answered = await collections.current();
  names.collections.add("rocks_restored_2");
  await collections.promote("rocks_restored_2");
  expect(await state()).toEqual(["rocks_restored_2", answered]);
  await collections.goBack();
  expect(await state()).toEqual([answered, "rocks_restored_2"]);
});

test.each(CUTS)("a restore that is cut after %i steps of the switch leaves the old course or the new one, and is done again", async (steps) => {
  const { names, collections, state } = await withRestored("rocks_restored_1");
  names.collections.add("rocks_restored_2");
  names.changes = steps;
  await collections.promote("rocks_restored_2").catch(() => {});
  names.changes = Infinity;
  expect(["rocks_restored_1", "rocks_restored_2"]).toContain(await collections.current());
  names.collections.add("rocks_restored_2");
  await collections.promote("rocks_restored_2");
  expect(await state()).toEqual(["rocks_restored_2", "rocks_restored_1"]);
  await collections.clear();
  expect([...names.collections].sort()).toEqual(["rocks_restored_1", "rocks_restored_2"]);
});

test("what interrupted restores left is cleared away, but for the one that is gone on with", async () => {
  const { names, collections } = await withRestored("rocks_restored_1", "rocks_restored_2");
  for (const name of ["rocks_restored_3", "rocks_restored_4", "rivers", "rivers_restored_3"]) names.collections.add(name);
  await collections.clear("rocks_restored_4");
  expect([...names.collections].sort()).toEqual(["rivers", "rivers_restored_3", "rocks_restored_1", "rocks_restored_2", "rocks_restored_4"]);
});
