import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BACKUP_FORMAT_VERSION, RowsManifest, type BackupField, type BackupProgress } from "../../src/contract/backup.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { MilvusConnection } from "../milvus/connection.ts";
import { EMBEDDING_NAME, EMBEDDING_SHA256 } from "../milvus/store.ts";
import { createLike, indexLike } from "./collection.ts";
import { columnType, type Batch, type Values } from "./columns.ts";
import { ContentHash } from "./content-hash.ts";
import { rowProgress } from "./export.ts";
import { forgetInserted, insertedRows, noteInserted } from "./inserted.ts";
import { countOf, pagesOf, type Collection } from "./pages.ts";
import { RemadeVectors } from "./remade-vectors.ts";
import { rowsIn } from "./parquet-reader.ts";

/** Bytes of one insert, about: Milvus takes up to 64 MB in one call. */
const INSERT_BYTES = 1 << 20;

export interface ImportOptions {
  connection: MilvusConnection;
  folder: string;
  /** Makes the vectors anew, for a search model other than the backup's. */
  anew?: Remaking;
  /** Name of the new collection; one of that name is gone on with where an earlier import of these files left it, else dropped. */
  into: string;
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
  log(text: string): void;
}

export interface Remaking {
  embedding: { name: string; sha256: string };
  /** The vectors of these rows, in their order. */
  vectors(rows: Record<string, unknown>[], signal: AbortSignal): Promise<readonly (readonly number[])[]>;
}

/** Rows of which the vectors are asked for at once. */
const ROWS_PER_EMBEDDING = 16;

/** @throws MentorError backup-unrecognised, backup-newer, backup-damaged */
export async function readManifest(folder: string): Promise<RowsManifest> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  } catch (error) {
    throw new MentorError("backup-damaged", "The backup's manifest cannot be read.", { cause: error });
  }
  const { version } = (manifest ?? {}) as { version?: unknown };
  if (typeof version === "number" && version > BACKUP_FORMAT_VERSION) throw new MentorError("backup-newer", `The backup has the format ${version}; this app reads up to ${BACKUP_FORMAT_VERSION}.`);
  const parsed = RowsManifest.safeParse(manifest);
  if (!parsed.success) throw new MentorError("backup-damaged", "The backup's manifest is not as it should be.", { cause: parsed.error });
  return parsed.data;
}

/**
 * Makes a new collection of a backup's rows, indexed and loaded, and proves it by count and content.
 * What answers for the course is not touched. One that was cut goes on with the rows that Milvus has
 * taken already; where the whole then is not the backup, it is made anew, once.
 *
 * @throws MentorError backup-damaged, restore-failed, search-failed
 */
export async function importCollection(options: ImportOptions): Promise<RowsManifest> {
  const { connection, folder, into, anew, log } = options;
  const backup = await readManifest(folder);
  const manifest = anew === undefined ? backup : await remade(backup, anew, options);
  const { value: there } = await connection.call("hasCollection", (client) => client.hasCollection({ collection_name: into }));
  // Vectors that were made anew are kept by themselves; putting them in again is little work beside making them.
  const taken = there && anew === undefined ? await insertedRows(folder, into) : 0;
  if (taken > 0) {
    try {
      log(`An earlier restore of this backup was cut; it goes on after ${taken} of ${manifest.rows} rows.`);
      await fill(manifest, backup, taken, options);
      return manifest;
    } catch (error) {
      // Whatever stopped it, the next try does not go on where this one did not get any further.
      if ((await insertedRows(folder, into)) === taken) await forgetInserted(folder);
      if (!(error instanceof MentorError) || error.code !== "restore-failed") throw error;
      log(`${error.message} It is made anew.`);
    }
  }
  await forgetInserted(folder);
  if (there) await connection.call("drop", (client) => client.dropCollection({ collection_name: into }));
  await createLike(manifest, into, connection);
  try {
    await fill(manifest, backup, 0, options);
  } catch (error) {
    if (error instanceof MentorError && error.code !== "search-failed" && error.code !== "cancelled") await forgetInserted(folder);
    throw error;
  }
  return manifest;
}

/** Puts in what is missing after the first `taken` rows, makes it searchable, and proves all of it. */
async function fill(manifest: RowsManifest, backup: RowsManifest, taken: number, options: ImportOptions): Promise<void> {
  const { connection, into, signal, onProgress } = options;
  const target: Collection = { connection, name: into, fields: manifest.fields };
  const { read, inserted } = await insertAll(target, backup, taken, options);
  if (read !== backup.contentSha256) throw new MentorError("backup-damaged", "The rows in the backup are not those that it was made of.");
  onProgress(rowProgress("index", 0, manifest.rows, "Making the restored course searchable"));
  await connection.call("flush", (client) => client.flushSync({ collection_names: [into] }));
  await indexLike(manifest, into, connection, signal, options.log);
  await proveImport(target, { rows: manifest.rows, contentSha256: inserted }, options);
}

/** The manifest of the same rows with vectors of another model; how long those are shows with the first. */
async function remade(backup: RowsManifest, { embedding, vectors }: Remaking, { folder, signal }: ImportOptions): Promise<RowsManifest> {
  const [part] = backup.parts;
  if (part === undefined) throw new MentorError("backup-damaged", "The backup holds no rows.");
  for await (const batch of rowsIn(join(folder, part.name), backup.fields, signal)) {
    const [vector] = await vectors([rowOf(batch, backup.fields, 0)], signal);
    const dim = String(vector!.length);
    const fields = backup.fields.map((field) => (field.type === "FloatVector" ? { ...field, params: { ...field.params, dim } } : field));
    return { ...backup, fields, properties: { ...backup.properties, [EMBEDDING_NAME]: embedding.name, [EMBEDDING_SHA256]: embedding.sha256 }, embedding: { ...embedding, dimension: vector!.length } };
  }
  throw new MentorError("backup-damaged", "The backup holds no rows.");
}

const rowOf = ({ columns }: Batch, fields: readonly BackupField[], row: number): Record<string, unknown> => Object.fromEntries(fields.map(({ name }, index) => [name, columns[index]![row]]));

/** The batch with its vectors made anew, as far as an earlier try has not made them. */
async function withVectors(batch: Batch, fields: readonly BackupField[], { vectors }: Remaking, earlier: RemadeVectors, signal: AbortSignal, onRows: (done: number) => void): Promise<Batch> {
  const dimension = Number(fields.find(({ type }) => type === "FloatVector")!.params.dim);
  const made: Values = [];
  for (let start = 0; start < batch.rows; start += ROWS_PER_EMBEDDING) {
    const rows = Array.from({ length: Math.min(ROWS_PER_EMBEDDING, batch.rows - start) }, (_, index) => rowOf(batch, fields, start + index));
    signal.throwIfAborted();
    made.push(...(await earlier.next(rows, dimension, () => vectors(rows, signal))));
    onRows(made.length);
  }
  return { rows: batch.rows, columns: batch.columns.map((column, index) => (fields[index]!.type === "FloatVector" ? made : column)) };
}

/** Hashes of the rows as they were in the backup, and as they went in; the first `taken` of them are there already. */
async function insertAll({ connection, name, fields }: Collection, backup: RowsManifest, taken: number, { folder, anew, signal, onProgress }: ImportOptions): Promise<{ read: string; inserted: string }> {
  const hash = new ContentHash(backup.fields);
  const remadeHash = anew === undefined ? null : new ContentHash(fields);
  const earlier = anew === undefined ? null : await RemadeVectors.open(folder, anew.embedding.sha256);
  const types = fields.map(columnType);
  let [passed, done] = [0, taken];
  let inserting: Promise<void> = Promise.resolve();
  const insert = async (data: Record<string, unknown>[], upTo: number, how: "insert" | "upsert") => {
    const answer = await connection.call(how, (client) => client[how]({ collection_name: name, data: data as never }));
    if (answer.err_index.length > 0) throw new MentorError("restore-failed", `Milvus refused ${answer.err_index.length} rows of the backup.`);
    done = upTo;
    if (anew === undefined) await noteInserted(folder, name, done);
    onProgress(rowProgress("insert", done, backup.rows, "Writing the rows into a new course store"));
  };
  try {
    for (const part of backup.parts) {
      for await (const kept of rowsIn(join(folder, part.name), backup.fields, signal)) {
        hash.add(kept);
        const before = passed;
        const batch = anew === undefined ? kept : await withVectors(kept, fields, anew, earlier!, signal, (rows) => onProgress(rowProgress("embed", before + rows, backup.rows, "Preparing the text for this session's search model")));
        remadeHash?.add(batch);
        for (const slice of slices(batch.rows, INSERT_BYTES, (row) => types.reduce((sum, type, index) => sum + (batch.columns[index]![row] == null ? 0 : type.bytes(batch.columns[index]![row]!)), 0))) {
          signal.throwIfAborted();
          const begun = passed;
          passed += slice.length;
          if (passed <= taken) continue;
          const data = slice.map((row) => Object.fromEntries(fields.map((field, index) => [field.name, batch.columns[index]![row] == null ? null : types[index]!.write(batch.columns[index]![row]!)])));
          // Writes go one after the other; the next is made ready while Milvus takes this one.
          await inserting;
          // What was under way at the cut may have arrived: a server would keep both.
          inserting = insert(data, passed, taken > 0 && begun <= taken ? "upsert" : "insert");
          inserting.catch(() => {});
        }
      }
    }
    await inserting;
  } finally {
    // What is under way is noted before anybody goes on from the note.
    await inserting.catch(() => {});
    await earlier?.close();
  }
  const read = hash.digest();
  return { read, inserted: remadeHash?.digest() ?? read };
}

async function proveImport(target: Collection, manifest: Pick<RowsManifest, "rows" | "contentSha256">, { signal, onProgress }: ImportOptions): Promise<void> {
  const counted = await countOf(target);
  if (counted !== manifest.rows) throw new MentorError("restore-failed", `The backup has ${manifest.rows} rows, but Milvus kept ${counted}.`);
  const hash = new ContentHash(target.fields);
  let rows = 0;
  for await (const page of pagesOf(target, signal)) {
    hash.add(page);
    rows += page.rows;
    onProgress(rowProgress("prove", rows, manifest.rows, "Comparing the restored course with the backup"));
  }
  if (hash.digest() !== manifest.contentSha256) throw new MentorError("restore-failed", "The restored rows are not those of the backup.");
}

/** Row numbers in runs of about `limit` bytes. */
function* slices(rows: number, limit: number, bytesOf: (row: number) => number): Generator<number[]> {
  let slice: number[] = [];
  let bytes = 0;
  for (let row = 0; row < rows; row++) {
    slice.push(row);
    bytes += bytesOf(row);
    if (bytes >= limit) {
      yield slice;
      [slice, bytes] = [[], 0];
    }
  }
  if (slice.length > 0) yield slice;
}
