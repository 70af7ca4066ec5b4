import { ggufPieces, type GgufTensor, type GgufValue } from "../../src/adapters/packages/gguf-writer.ts";
import type { ByteSource } from "../../src/core/model/byte-source.ts";

export interface TinyModel {
  architecture?: string;
  name?: string;
  chatTemplate?: string | null;
  /** Further metadata, or other values for what is there. */
  metadata?: Record<string, GgufValue>;
  tensors?: readonly GgufTensor[];
}

/** A whole GGUF of a few hundred bytes, shaped like a Llama of two layers; no engine can load it. */
export function tinyGguf({ architecture = "llama", name = "Tiny", chatTemplate = "{{ messages }}", metadata = {}, tensors = [tensor("token_embd.weight")] }: TinyModel = {}): Buffer {
  const values: Record<string, GgufValue> = {
    "general.architecture": { type: "string", value: architecture },
    "general.name": { type: "string", value: name },
    "general.file_type": { type: "u32", value: 17 },
    [`${architecture}.block_count`]: { type: "u32", value: 2 },
    [`${architecture}.context_length`]: { type: "u32", value: 4096 },
    [`${architecture}.embedding_length`]: { type: "u32", value: 64 },
    [`${architecture}.attention.head_count`]: { type: "u32", value: 8 },
    [`${architecture}.attention.head_count_kv`]: { type: "u32", value: 2 },
    "tokenizer.ggml.tokens": { type: "strings", value: ["<s>", "</s>", "a", "b", "é"] },
    ...(chatTemplate === null ? {} : { "tokenizer.chat_template": { type: "string", value: chatTemplate } }),
    ...metadata,
  };
  return Buffer.concat([...ggufPieces(Object.entries(values), tensors)]);
}

export function tensor(name: string, columns = 64, rows = 5): GgufTensor {
  return { name, dimensions: [columns, rows], ggmlType: 0, data: Buffer.alloc(columns * rows * 4, 1) };
}

/** Bytes in memory as a file, counting what is read of it. */
export function memorySource(bytes: Uint8Array, size = bytes.length): ByteSource & { bytesRead: number } {
  const source = {
    size,
    bytesRead: 0,
    read(position: number, length: number) {
      const part = bytes.subarray(position, position + length);
      source.bytesRead += part.length;
      return Promise.resolve(part);
    },
  };
  return source;
}
