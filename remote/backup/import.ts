import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { BACKUP_FORMAT_VERSION, RowsManifest, type BackupProgress } from "../../src/contract/backup.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { MilvusConnection } from "../milvus/connection.ts";
import { createLike, indexLike } from "./collection.ts";
import { columnType } from "./columns.ts";
import { ContentHash } from "./content-hash.ts";
import { rowProgress } from "./export.ts";
import { countOf, pagesOf, type Collection } from "./pages.ts";
import { rowsIn } from "./parquet-reader.ts";

/** Bytes of one insert, about: Milvus takes up to 64 MB in one call. */
const INSERT_BYTES = 4 << 20;

export interface ImportOptions {
  connection: MilvusConnection;
  folder: string;
  /** Name of the new collection; one of that name is dropped. */
  into: string;
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
  log(text: string): void;
}

/** @throws MentorError backup-unrecognised, backup-newer, backup-damaged */
export async function readManifest(folder: string): Promise<RowsManifest> {
  let manifest: unknown;
  try {
    manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
  } catch (error) {
    throw new MentorError("backup-damaged", "The backup's manifest cannot be read.", { cause: error });
  }
  const { version } = manifest as { version?: unknown };
  if (typeof version === "number" && version > BACKUP_FORMAT_VERSION) throw new MentorError("backup-newer", `The backup has the format ${version}; this app reads up to ${BACKUP_FORMAT_VERSION}.`);
  const parsed = RowsManifest.safeParse(manifest);
  if (!parsed.success) throw new MentorError("backup-damaged", "The backup's manifest is not as it should be.", { cause: parsed.error });
  return parsed.data;
}

/**
 * Makes a new collection of a backup's rows, indexed and loaded, and proves it by count and content.
 * What answers for the course is not touched.
 *
 * @throws MentorError backup-damaged, restore-failed, search-failed
 */
export async function importCollection(options: ImportOptions): Promise<RowsManifest> {
  const { connection, folder, into, signal, onProgress } = options;
  const manifest = await readManifest(folder);
  const target: Collection = { connection, name: into, fields: manifest.fields };
  const { value } = await connection.call("hasCollection", (client) => client.hasCollection({ collection_name: into }));
  if (value) await connection.call("drop", (client) => client.dropCollection({ collection_name: into }));
  await createLike(manifest, into, connection);
  const inserted = await insertAll(target, manifest, options);
  if (inserted !== manifest.contentSha256) throw new MentorError("backup-damaged", "The rows in the backup are not those that it was made of.");
  onProgress(rowProgress("index", 0, manifest.rows, "Making the restored course searchable"));
  await connection.call("flush", (client) => client.flushSync({ collection_names: [into] }));
  await indexLike(manifest, into, connection, signal, options.log);
  await proveImport(target, manifest, options);
  return manifest;
}

async function insertAll({ connection, name, fields }: Collection, manifest: RowsManifest, { folder, signal, onProgress }: ImportOptions): Promise<string> {
  const hash = new ContentHash(fields);
  const types = fields.map(columnType);
  let done = 0;
  for (const part of manifest.parts) {
    for await (const batch of rowsIn(join(folder, part.name), fields, signal)) {
      hash.add(batch);
      for (const slice of slices(batch.rows, INSERT_BYTES, (row) => types.reduce((sum, type, index) => sum + (batch.columns[index]![row] == null ? 0 : type.bytes(batch.columns[index]![row]!)), 0))) {
        signal.throwIfAborted();
        const data = slice.map((row) => Object.fromEntries(fields.map((field, index) => [field.name, batch.columns[index]![row] == null ? null : types[index]!.write(batch.columns[index]![row]!)])));
        const answer = await connection.call("insert", (client) => client.insert({ collection_name: name, data: data as never }));
        if (answer.err_index.length > 0) throw new MentorError("restore-failed", `Milvus refused ${answer.err_index.length} rows of the backup.`);
        done += slice.length;
        onProgress(rowProgress("insert", done, manifest.rows, "Writing the rows into a new course store"));
      }
    }
  }
  return hash.digest();
}

async function proveImport(target: Collection, manifest: RowsManifest, { signal, onProgress }: ImportOptions): Promise<void> {
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
