import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/**
 * How many of a backup's rows a new collection has taken, noted beside the backup's files so that a
 * restore that was cut goes on. It is believed only until the whole collection is compared with the
 * backup: where it is wrong it costs time, and never a row.
 */
const Inserted = z.object({ collection: z.string(), rows: z.number().int().nonnegative() });

const noteIn = (folder: string): string => join(folder, "inserted.json");

/** 0 where nothing is noted, or of another collection. */
export async function insertedRows(folder: string, collection: string): Promise<number> {
  try {
    const note = Inserted.parse(JSON.parse(await readFile(noteIn(folder), "utf8")));
    return note.collection === collection ? note.rows : 0;
  } catch {
    return 0;
  }
}

export async function noteInserted(folder: string, collection: string, rows: number): Promise<void> {
  await writeFile(`${noteIn(folder)}.new`, JSON.stringify({ collection, rows } satisfies z.infer<typeof Inserted>));
  await rename(`${noteIn(folder)}.new`, noteIn(folder));
}

export const forgetInserted = (folder: string): Promise<void> => rm(noteIn(folder), { force: true });
