import { MentorError } from "../../src/contract/errors.ts";
import { keyIndex, type Value } from "./columns.ts";
import { countOf, keyOrder, pagesOf, type Collection } from "./pages.ts";

/** More keys than this with several rows are no accident of ours; looking for each would take hours. */
const MOST_KEYS = 10_000;

/**
 * A real server keeps every row that was ever inserted under a key, and answers with the newest. Such
 * rows explain why it counts more than there are keys; any other reason would mean that paging lost
 * rows. So the keys with several rows are looked for, and their surplus must be the whole difference.
 *
 * @returns how many older rows stand under a key that a newer row has
 * @throws MentorError backup-failed when the difference is not explained
 */
export async function shadowedRows(source: Collection, counted: number, unique: number, signal: AbortSignal): Promise<number> {
  const key = keyIndex(source.fields);
  const { name } = source.fields[key]!;
  const { literal } = keyOrder(source.fields[key]!);
  const missing = new MentorError("backup-failed", `The course store counts ${counted} rows, but only ${unique} could be read.`, { advice: "Press Retry. If it happens again, restart the course store; nothing is lost by waiting." });
  let found = 0;
  let searched = 0;

  const search = async (keys: readonly Value[]): Promise<void> => {
    signal.throwIfAborted();
    if (keys.length === 0) return;
    const surplus = (await countOf(source, `${name} >= ${literal(keys[0]!)} and ${name} <= ${literal(keys.at(-1)!)}`)) - keys.length;
    if (surplus < 0) throw missing;
    if (surplus === 0) return;
    if (keys.length === 1) {
      found += surplus;
      if (++searched > MOST_KEYS) throw missing;
      return;
    }
    const half = keys.length >> 1;
    await search(keys.slice(0, half));
    await search(keys.slice(half));
  };

  const keysOnly: Collection = { ...source, fields: [source.fields[key]!] };
  for await (const page of pagesOf(keysOnly, signal)) await search(page.columns[0] as Value[]);
  if (found !== counted - unique) throw missing;
  return found;
}
