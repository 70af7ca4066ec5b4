import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { BACKUP_FORMAT, BACKUP_FORMAT_VERSION, type BackupProgress, type RowsManifest } from "../../src/contract/backup.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { MilvusConnection } from "../milvus/connection.ts";
import { embeddingOf, milvusOf, shapeOf } from "./collection.ts";
import { ContentHash } from "./content-hash.ts";
import { keyIndex, type Batch } from "./columns.ts";
import { countOf, pagesOf, type Collection } from "./pages.ts";
import { ParquetFile } from "./parquet-writer.ts";
import { rowsIn } from "./parquet-reader.ts";
import { shadowedRows } from "./shadowed.ts";

/** A file this large is closed and another begun: what is cut on its way begins again with its last file only. */
const PART_BYTES = 48 << 20;

export interface ExportOptions {
  connection: MilvusConnection;
  collection: string;
  /** Empty; made when missing. */
  folder: string;
  documents: RowsManifest["documents"];
  signal: AbortSignal;
  onProgress(progress: BackupProgress): void;
  rowsPerPage?: number;
  partBytes?: number;
}

/**
 * Writes a collection to Parquet files and `manifest.json`, and proves it: the collection is paged out
 * a second time, the files are read back, and all three must have the same rows, bit for bit, with the
 * same count before and after.
 *
 * @throws MentorError backup-changed when rows came, went or changed meanwhile; backup-failed, search-failed, disk-full
 */
export async function exportCollection(options: ExportOptions): Promise<RowsManifest> {
  const { connection, collection: name, folder, signal } = options;
  const shape = await shapeOf(connection, name);
  const embedding = embeddingOf(shape);
  const milvus = await milvusOf(connection);
  const source: Collection = { connection, name, fields: shape.fields };
  // A store that was restarted has its collections, but not loaded.
  await connection.load(name);
  const counted = await countOf(source);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });

  const exported = await writeParts(source, counted, options);
  const [again, back] = await Promise.all([pagedHash(source, counted, options), filesHash(exported.parts.map((part) => join(folder, part.name)), source, signal)]);
  const countedAfter = await countOf(source);

  if (countedAfter !== counted || again.sha256 !== exported.sha256) {
    throw new MentorError("backup-changed", `Rows of the course came, went or changed while it was read: ${counted} before, ${countedAfter} after.`);
  }
  if (back !== exported.sha256) throw new MentorError("backup-failed", "What was written to the host's disk is not what was read from the course.", { advice: "Test the host's disk, or use another host; then press Retry." });
  const shadowed = counted === exported.rows ? 0 : await shadowedRows(source, counted, exported.rows, signal);

  const manifest: RowsManifest = {
    format: BACKUP_FORMAT,
    version: BACKUP_FORMAT_VERSION,
    ...shape,
    milvus,
    embedding,
    documents: options.documents,
    rows: exported.rows,
    shadowed,
    contentSha256: exported.sha256,
    parts: exported.parts,
  };
  await writeDurably(join(folder, "manifest.json"), JSON.stringify(manifest));
  return manifest;
}

async function writeParts(source: Collection, total: number, { folder, signal, onProgress, rowsPerPage, partBytes = PART_BYTES }: ExportOptions) {
  const hash = new ContentHash(source.fields);
  const key = keyIndex(source.fields);
  const parts: RowsManifest["parts"] = [];
  let file: ParquetFile | null = null;
  let [rows, first, last] = [0, "", ""];
  const close = async () => {
    if (file === null) return;
    const { rows: partRows } = file;
    parts.push({ name: partName(parts.length + 1), rows: partRows, firstKey: first, lastKey: last, ...(await file.finish()) });
    file = null;
  };
  try {
    for await (const page of pagesOf(source, signal, rowsPerPage)) {
      const keys = page.columns[key]!;
      if (file === null) {
        file = await ParquetFile.create(join(folder, partName(parts.length + 1)), source.fields);
        first = String(keys[0]);
      }
      hash.add(page);
      await file.add(page);
      last = String(keys.at(-1));
      rows += page.rows;
      onProgress(rowProgress("export", rows, total, "Reading the course"));
      if (file.bytes >= partBytes) await close();
    }
    await close();
  } catch (error) {
    await (file as ParquetFile | null)?.abandon().catch(() => {});
    throw fullDisk(error);
  }
  return { rows, parts, sha256: hash.digest() };
}

async function pagedHash(source: Collection, total: number, { signal, onProgress, rowsPerPage }: ExportOptions): Promise<{ sha256: string; rows: number }> {
  const hash = new ContentHash(source.fields);
  let rows = 0;
  for await (const page of pagesOf(source, signal, rowsPerPage)) {
    hash.add(page);
    rows += page.rows;
    onProgress(rowProgress("prove", rows, total, "Comparing the backup with the course"));
  }
  return { rows, sha256: hash.digest() };
}

/** The rows of files together. @throws MentorError backup-damaged */
export async function filesHash(paths: readonly string[], { fields }: Pick<Collection, "fields">, signal: AbortSignal, onBatch: (batch: Batch) => void = () => {}): Promise<string> {
  const hash = new ContentHash(fields);
  for (const path of paths) {
    for await (const batch of rowsIn(path, fields, signal)) {
      hash.add(batch);
      onBatch(batch);
    }
  }
  return hash.digest();
}

const partName = (number: number): string => `rows-${String(number).padStart(5, "0")}.parquet`;

export const rowProgress = (phase: BackupProgress["phase"], done: number, total: number, detail: string): BackupProgress => ({ phase, done, total, unit: "rows", rate: null, etaSeconds: null, detail });

/** On the disk when this resolves. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    throw fullDisk(error);
  } finally {
    await file.close();
  }
}

export function fullDisk(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new MentorError("disk-full", "The host's disk is full: the backup could not be put together there.", { kept: "The course on the host is kept, and so are the backups before.", cause: error });
}
