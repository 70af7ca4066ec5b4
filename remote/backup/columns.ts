import { MentorError } from "../../src/contract/errors.ts";
import type { BackupField } from "../../src/contract/backup.ts";

export type Value = string | bigint | number | boolean | Uint8Array;
export type Values = (Value | null)[];

/** Rows by column, in the order of the manifest's fields: as they come from Milvus, and from a file. */
export interface Batch {
  rows: number;
  columns: Values[];
}

/** How one of Milvus' types is kept: in a row as the SDK gives and takes it, in memory, in a file, and under the hash. */
export interface ColumnType {
  /** From what the SDK answers. */
  read(value: unknown): Value;
  /** To what the SDK is given. */
  write(value: Value): unknown;
  parquet: { type: "BYTE_ARRAY" | "INT32" | "INT64" | "BOOLEAN" | "FLOAT" | "DOUBLE" | "FIXED_LEN_BYTE_ARRAY"; converted_type?: "UTF8"; type_length?: number };
  /** Bytes that a value takes under the hash. */
  bytes(value: Value): number;
  put(target: Buffer, offset: number, value: Value): void;
}

const TEXT: ColumnType = {
  read: String,
  write: (value) => value,
  parquet: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  bytes: (value) => 4 + Buffer.byteLength(value as string),
  put: (target, offset, value) => {
    target.writeUInt32LE(target.write(value as string, offset + 4), offset);
  },
};

const INTEGER: ColumnType = {
  read: Number,
  write: Number,
  parquet: { type: "INT32" },
  bytes: () => 4,
  put: (target, offset, value) => void target.writeInt32LE(value as number, offset),
};

const TYPES: Record<string, ColumnType> = {
  VarChar: TEXT,
  Int64: {
    read: (value) => BigInt(value as string),
    write: String,
    parquet: { type: "INT64" },
    bytes: () => 8,
    put: (target, offset, value) => void target.writeBigInt64LE(value as bigint, offset),
  },
  Int32: INTEGER,
  Int16: INTEGER,
  Int8: INTEGER,
  Bool: { read: Boolean, write: Boolean, parquet: { type: "BOOLEAN" }, bytes: () => 1, put: (target, offset, value) => void target.writeUInt8(value ? 1 : 0, offset) },
  Float: { read: Number, write: Number, parquet: { type: "FLOAT" }, bytes: () => 4, put: (target, offset, value) => void target.writeFloatLE(value as number, offset) },
  Double: { read: Number, write: Number, parquet: { type: "DOUBLE" }, bytes: () => 8, put: (target, offset, value) => void target.writeDoubleLE(value as number, offset) },
};

/** Bytes as they lie in memory here and on every host that the kit knows: little-endian IEEE 754. */
function floatVector(dimension: number): ColumnType {
  const length = dimension * 4;
  return {
    read: (value) => new Uint8Array(Float32Array.from(value as number[]).buffer),
    write: (value) => {
      const { buffer, byteOffset } = value as Uint8Array;
      // A slice of a page may begin anywhere; floats must begin at a multiple of four.
      const floats = byteOffset % 4 === 0 ? new Float32Array(buffer, byteOffset, dimension) : new Float32Array((value as Uint8Array).slice().buffer);
      return Array.from(floats);
    },
    parquet: { type: "FIXED_LEN_BYTE_ARRAY", type_length: length },
    bytes: () => length,
    put: (target, offset, value) => target.set(value as Uint8Array, offset),
  };
}

/** @throws MentorError backup-failed for a kind of field that would not come back as it was */
export function columnType({ name, type, params }: BackupField): ColumnType {
  if (type === "FloatVector") return floatVector(Number(params.dim));
  const known = TYPES[type];
  if (known === undefined) throw new MentorError("backup-failed", `The course store has a field “${name}” of the kind ${type}, which cannot be backed up without loss.`, { advice: "Back this course up with Milvus' own tools." });
  return known;
}

/** The field that tells the rows apart. */
export function keyIndex(fields: readonly BackupField[]): number {
  const index = fields.findIndex(({ primaryKey }) => primaryKey === true);
  if (index < 0) throw new MentorError("backup-failed", "The course store has no primary key.");
  return index;
}
