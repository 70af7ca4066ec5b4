import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";
import { constants, zstdCompressSync } from "node:zlib";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { BackupField } from "../../src/contract/backup.ts";
import { columnType, type Batch } from "./columns.ts";

/** Vectors hardly shrink, and text does at once: a higher level costs time and saves nothing worth it. */
const LEVEL = 3;
const zstd = (bytes: Uint8Array): Uint8Array => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });

/** Writes rows to one Parquet file, a row group a batch: no more than a batch is ever in memory. */
export class ParquetFile {
  readonly #fields: readonly BackupField[];
  readonly #file: FileHandle;
  readonly #bytes = new ByteWriter(1 << 20);
  readonly #writer: ParquetWriter;
  readonly #hash = createHash("sha256");
  #written = 0;
  rows = 0;

  private constructor(file: FileHandle, fields: readonly BackupField[]) {
    this.#file = file;
    this.#fields = fields;
    const vectors = fields.filter(({ type }) => type === "FloatVector").map(({ name, params }) => ({ key: `vector:${name}`, value: `float32 little-endian x ${params.dim}` }));
    this.#writer = new ParquetWriter({ writer: this.#bytes, schema: schemaOf(fields), codec: "ZSTD", compressors: { ZSTD: zstd }, statistics: false, createdBy: "AI Mentor", kvMetadata: vectors });
  }

  static async create(path: string, fields: readonly BackupField[]): Promise<ParquetFile> {
    return new ParquetFile(await open(path, "w", 0o600), fields);
  }

  /** So far, of the file. */
  get bytes(): number {
    return this.#written;
  }

  async add({ rows, columns }: Batch): Promise<void> {
    await this.#writer.write({ columnData: this.#fields.map(({ name }, index) => ({ name, data: columns[index]!, offsetIndex: false })), rowGroupSize: rows });
    this.rows += rows;
    await this.#flush();
  }

  /** On the disk when this resolves. */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    await this.#writer.finish();
    await this.#flush();
    await this.#file.sync();
    await this.#file.close();
    return { bytes: this.#written, sha256: this.#hash.digest("hex") };
  }

  async abandon(): Promise<void> {
    await this.#file.close();
  }

  async #flush(): Promise<void> {
    const bytes = this.#bytes.getBytes();
    this.#hash.update(bytes);
    for (let offset = 0; offset < bytes.length; ) offset += (await this.#file.write(bytes, offset)).bytesWritten;
    this.#written += bytes.length;
    this.#bytes.index = 0;
  }
}

function schemaOf(fields: readonly BackupField[]): SchemaElement[] {
  const columns = fields.map((field): SchemaElement => ({ name: field.name, repetition_type: field.nullable === true ? "OPTIONAL" : "REQUIRED", ...columnType(field).parquet }));
  return [{ name: "root", num_children: columns.length }, ...columns];
}
