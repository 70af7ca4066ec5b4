import { open, type FileHandle } from "node:fs/promises";
import { zstdDecompressSync } from "node:zlib";
import { parquetMetadataAsync, parquetRead, type AsyncBuffer, type FileMetaData } from "hyparquet";
import type { BackupField } from "../../src/contract/backup.ts";
import { MentorError } from "../../src/contract/errors.ts";
import type { Batch, Values } from "./columns.ts";

/** A page is a column of a batch of rows, a few megabytes; what would unpack to more than this is no page of ours. */
const PAGE_MAX_BYTES = 256 << 20;

/** The rows of one file, a row group at a time. @throws MentorError backup-damaged */
export async function* rowsIn(path: string, fields: readonly BackupField[], signal: AbortSignal): AsyncGenerator<Batch> {
  const handle = await open(path, "r");
  try {
    const file = await bufferOf(handle);
    const metadata = await damaged(path, () => parquetMetadataAsync(file));
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      signal.throwIfAborted();
      const rows = Number(group.num_rows);
      yield await damaged(path, () => groupOf(file, metadata, fields, rowStart, rows));
      rowStart += rows;
    }
  } finally {
    await handle.close();
  }
}

async function groupOf(file: AsyncBuffer, metadata: FileMetaData, fields: readonly BackupField[], rowStart: number, rows: number): Promise<Batch> {
  const columns = new Map<string, Values>(fields.map(({ name }) => [name, []]));
  await parquetRead({
    file,
    metadata,
    rowStart,
    rowEnd: rowStart + rows,
    columns: fields.map(({ name }) => name),
    compressors: { ZSTD: (input) => zstdDecompressSync(input, { maxOutputLength: PAGE_MAX_BYTES }) },
    onChunk: ({ columnName, columnData }) => {
      const column = columns.get(columnName)!;
      for (const value of columnData) column.push((value as Values[number] | undefined) ?? null);
    },
  });
  const short = fields.find(({ name }) => columns.get(name)!.length !== rows);
  if (short !== undefined) throw new Error(`${short.name} has ${columns.get(short.name)!.length} values in ${rows} rows`);
  return { rows, columns: fields.map(({ name }) => columns.get(name)!) };
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      const buffer = new ArrayBuffer(end - start);
      const bytes = new Uint8Array(buffer);
      for (let read = 0; read < bytes.length; ) {
        const { bytesRead } = await handle.read(bytes, read, bytes.length - read, start + read);
        if (bytesRead === 0) throw new Error("it ends too early");
        read += bytesRead;
      }
      return buffer;
    },
  };
}

async function damaged<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    throw new MentorError("backup-damaged", `The rows in ${path} cannot be read.`, { cause: error });
  }
}
