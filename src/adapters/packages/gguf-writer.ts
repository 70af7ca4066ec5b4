/** Values that a GGUF's table of metadata can hold; the type number is the format's own. */
export type GgufValue =
  | { type: "u32"; value: number }
  | { type: "f32"; value: number }
  | { type: "bool"; value: boolean }
  | { type: "string"; value: string }
  | { type: "strings"; value: readonly string[] }
  | { type: "i32s"; value: readonly number[] };

export interface GgufTensor {
  name: string;
  /** Innermost dimension first, as ggml counts. */
  dimensions: readonly number[];
  /** ggml's number of the element type: 0 is f32, 1 is f16. */
  ggmlType: number;
  data: Uint8Array;
}

const ALIGNMENT = 32;
const TYPE = { u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 } as const;

/** A whole GGUF (version 3, little-endian) as pieces to write one after the other. */
export function* ggufPieces(metadata: readonly (readonly [string, GgufValue])[], tensors: readonly GgufTensor[]): Generator<Uint8Array> {
  const pieces: Buffer[] = [Buffer.from("GGUF"), u32(3), u64(tensors.length), u64(metadata.length)];
  for (const [key, value] of metadata) pieces.push(text(key), valueOf(value));
  let offset = 0;
  for (const { name, dimensions, ggmlType, data } of tensors) {
    pieces.push(text(name), u32(dimensions.length), ...dimensions.map(u64), u32(ggmlType), u64(offset));
    offset += padded(data.length);
  }
  const header = Buffer.concat(pieces);
  yield header;
  yield Buffer.alloc(padded(header.length) - header.length);
  for (const { data } of tensors) {
    yield data;
    yield Buffer.alloc(padded(data.length) - data.length);
  }
}

function valueOf(value: GgufValue): Buffer {
  switch (value.type) {
    case "u32":
      return Buffer.concat([u32(TYPE.u32), u32(value.value)]);
    case "f32": {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(value.value);
      return Buffer.concat([u32(TYPE.f32), bytes]);
    }
    case "bool":
      return Buffer.concat([u32(TYPE.bool), Buffer.from([value.value ? 1 : 0])]);
    case "string":
      return Buffer.concat([u32(TYPE.string), text(value.value)]);
    case "strings":
      return Buffer.concat([u32(TYPE.array), u32(TYPE.string), u64(value.value.length), ...value.value.map(text)]);
    case "i32s":
      return Buffer.concat([u32(TYPE.array), u32(TYPE.i32), u64(value.value.length), Buffer.from(new Int32Array(value.value).buffer)]);
  }
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([u64(bytes.length), bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function padded(length: number): number {
  return Math.ceil(length / ALIGNMENT) * ALIGNMENT;
}
