import { searchFailed, type MilvusConnection } from "./connection.ts";
import { currentAlias, isRestored, leavingAlias, previousAlias } from "./names.ts";

/** Which collections a course has: the one that answers, the one before the last restore, and what interrupted restores left behind. */
export class CourseCollections {
  readonly #connection: MilvusConnection;
  readonly #course: string;

  constructor(connection: MilvusConnection, course: string) {
    this.#connection = connection;
    this.#course = course;
  }

  /** The collection that answers for the course; null while there is none. */
  async current(): Promise<string | null> {
    return (await this.#behind(currentAlias(this.#course))) ?? (await this.#behind(this.#course));
  }

  /** What it was before the last restore, as long as that is kept. */
  async previous(): Promise<string | null> {
    return this.#behind(previousAlias(this.#course));
  }

  /** Every collection of the course that must stay: what answers, what is kept from before, and what a cut going back was leaving. */
  async kept(): Promise<Set<string>> {
    const names = [await this.current(), await this.previous(), await this.#behind(leavingAlias(this.#course))];
    return new Set(names.filter((name) => name !== null));
  }

  /**
   * Lets another collection answer. At any moment between the steps the course is whole, in one or the
   * other, and what answered before is kept.
   */
  async promote(collection: string): Promise<void> {
    const before = await this.current();
    if (before === collection) return;
    // A going back that was cut is not finished any more.
    await this.#dropAlias(leavingAlias(this.#course));
    if (before !== null) await this.#point(previousAlias(this.#course), before);
    await this.#point(currentAlias(this.#course), collection);
  }

  /**
   * The other way round; false where nothing is kept from before. Killed between the steps, the course
   * is whole and both collections are kept: done again, it is finished and not turned round once more.
   */
  async goBack(): Promise<boolean> {
    const [current, previous, leaving] = [currentAlias(this.#course), previousAlias(this.#course), leavingAlias(this.#course)];
    const [now, before, left] = [await this.current(), await this.previous(), await this.#behind(leaving)];
    const begun = left !== null && left !== now;
    if (!begun) {
      if (before === null || now === null || before === now) return false;
      await this.#point(leaving, now);
      await this.#point(current, before);
    }
    await this.#point(previous, begun ? left : now!);
    await this.#dropAlias(leaving);
    return true;
  }

  /** Drops every collection of the course that neither answers nor is kept from before; `unfinished`, where there is one of that name, stays too. */
  async clear(unfinished?: string): Promise<void> {
    const kept = await this.kept();
    const { data } = await this.#connection.call("showCollections", (client) => client.showCollections());
    // What answers must be among them, or nothing that is known here can be relied on.
    for (const name of kept) if (!data.some((one) => one.name === name)) throw searchFailed(`The course store does not list the collection ${name} that answers for the course.`);
    for (const { name } of data) {
      if ((name === this.#course || isRestored(this.#course, name)) && !kept.has(name) && name !== unfinished) await this.#connection.call("drop", (client) => client.dropCollection({ collection_name: name }));
    }
  }

  /** Drops all that the course has. */
  async drop(): Promise<void> {
    for (const alias of [currentAlias, previousAlias, leavingAlias]) await this.#dropAlias(alias(this.#course));
    const { data } = await this.#connection.call("showCollections", (client) => client.showCollections());
    for (const { name } of data) {
      if (name === this.#course || isRestored(this.#course, name)) await this.#connection.call("drop", (client) => client.dropCollection({ collection_name: name }));
    }
  }

  async #behind(name: string): Promise<string | null> {
    const { value } = await this.#connection.call("hasCollection", (client) => client.hasCollection({ collection_name: name }));
    if (!value) return null;
    // A server answers with the name that it was asked for; the schema has the collection's own.
    const { schema } = await this.#connection.call("describeCollection", (client) => client.describeCollection({ collection_name: name, cache: false }));
    return schema.name;
  }

  async #dropAlias(alias: string): Promise<void> {
    if ((await this.#behind(alias)) !== null) await this.#connection.call("dropAlias", (client) => client.dropAlias({ alias }));
  }

  async #point(alias: string, collection_name: string): Promise<void> {
    const there = (await this.#behind(alias)) !== null;
    if (there) await this.#connection.call("alterAlias", (client) => client.alterAlias({ alias, collection_name }));
    else await this.#connection.call("createAlias", (client) => client.createAlias({ alias, collection_name }));
  }
}
