import { createHash, type Hash } from "node:crypto";
import type { BackupField } from "../../src/contract/backup.ts";
import { columnType, type Batch, type ColumnType } from "./columns.ts";

/**
 * SHA-256 over all rows in the order of their keys. It begins with the fields' names and types; a row
 * is its fields' values one after the other: text as its length in bytes (32 bits) and UTF-8, numbers
 * in their own width, vectors as their float32 bits; all little-endian. Where a field may be empty, a
 * byte goes before its value: 0 for empty, else 1. Equal hashes mean equal rows, bit for bit.
 */
export class ContentHash {
  readonly #hash: Hash = createHash("sha256");
  readonly #types: (ColumnType & { nullable: boolean })[];
  #buffer = Buffer.alloc(1 << 20);

  constructor(fields: readonly BackupField[]) {
    this.#types = fields.map((field) => ({ ...columnType(field), nullable: field.nullable === true }));
    this.#hash.update(JSON.stringify(fields.map(({ name, type, params }) => [name, type, params.dim ?? null])));
  }

  add({ rows, columns }: Batch): void {
    let used = 0;
    for (let row = 0; row < rows; row++) {
      for (const [index, type] of this.#types.entries()) {
        const value = columns[index]![row]!;
        const flag = type.nullable ? 1 : 0;
        const length = flag + (value === null ? 0 : type.bytes(value));
        if (used + length > this.#buffer.length) {
          this.#hash.update(this.#buffer.subarray(0, used));
          used = 0;
          if (length > this.#buffer.length) this.#buffer = Buffer.alloc(length);
        }
        if (type.nullable) this.#buffer[used] = value === null ? 0 : 1;
        if (value !== null) type.put(this.#buffer, used + flag, value);
        used += length;
      }
    }
    this.#hash.update(this.#buffer.subarray(0, used));
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}
