import { randomFillSync } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { ggufPieces, type GgufTensor, type GgufValue } from "../../src/adapters/packages/gguf-writer.ts";

/** Size of Mistral-7B-Instruct-v0.2 in Q5_K_M, as published. */
export const MODEL_BYTES = 5_131_409_696;

const LAYERS = 32;
const [WIDTH, KEY_WIDTH, FEED_WIDTH, VOCABULARY] = [4096, 1024, 14336, 32000];
/** ggml's number, and bytes for so many weights. */
const F32 = { ggmlType: 0, bytes: 4, weights: 1 };
const Q5_K = { ggmlType: 13, bytes: 176, weights: 256 };
const Q6_K = { ggmlType: 14, bytes: 210, weights: 256 };
type Kind = typeof F32;

/** Q5_K_M spends more bits on the first and last eighth of the layers and on every third between. */
const getsMoreBits = (layer: number): boolean => layer < LAYERS / 8 || layer >= (7 * LAYERS) / 8 || (layer - LAYERS / 8) % 3 === 2;

function shapes(): [name: string, kind: Kind, ...dimensions: number[]][] {
  const layers = Array.from({ length: LAYERS }, (_, layer): [string, Kind, ...number[]][] => {
    const more = getsMoreBits(layer) ? Q6_K : Q5_K;
    return [
      [`blk.${layer}.attn_norm.weight`, F32, WIDTH],
      [`blk.${layer}.ffn_down.weight`, more, FEED_WIDTH, WIDTH],
      [`blk.${layer}.ffn_gate.weight`, Q5_K, WIDTH, FEED_WIDTH],
      [`blk.${layer}.ffn_up.weight`, Q5_K, WIDTH, FEED_WIDTH],
      [`blk.${layer}.ffn_norm.weight`, F32, WIDTH],
      [`blk.${layer}.attn_k.weight`, Q5_K, WIDTH, KEY_WIDTH],
      [`blk.${layer}.attn_output.weight`, Q5_K, WIDTH, WIDTH],
      [`blk.${layer}.attn_q.weight`, Q5_K, WIDTH, WIDTH],
      [`blk.${layer}.attn_v.weight`, more, WIDTH, KEY_WIDTH],
    ];
  });
  return [["token_embd.weight", Q5_K, WIDTH, VOCABULARY], ...layers.flat(), ["output_norm.weight", F32, WIDTH], ["output.weight", Q6_K, WIDTH, VOCABULARY]];
}

const METADATA: [string, GgufValue][] = [
  ["general.architecture", { type: "string", value: "llama" }],
  ["general.name", { type: "string", value: "random weights in Mistral-7B's shape" }],
  ["general.file_type", { type: "u32", value: 17 }],
  ["llama.block_count", { type: "u32", value: LAYERS }],
  ["llama.context_length", { type: "u32", value: 32768 }],
  ["llama.embedding_length", { type: "u32", value: WIDTH }],
  ["llama.feed_forward_length", { type: "u32", value: FEED_WIDTH }],
  ["llama.rope.dimension_count", { type: "u32", value: 128 }],
  ["llama.rope.freq_base", { type: "f32", value: 1e6 }],
  ["llama.attention.head_count", { type: "u32", value: 32 }],
  ["llama.attention.head_count_kv", { type: "u32", value: 8 }],
  ["llama.attention.layer_norm_rms_epsilon", { type: "f32", value: 1e-5 }],
  ["tokenizer.ggml.model", { type: "string", value: "llama" }],
];

/** Writes the file to `path`. It measures and moves like the model; it does not speak. */
export function writeModelFile(path: string): void {
  // All tensors show the same memory, which is filled anew before each is written.
  const memory = new ArrayBuffer(Math.max(...shapes().map((shape) => sizeOf(shape))));
  const tensors: GgufTensor[] = shapes().map((shape) => ({ name: shape[0], dimensions: shape.slice(2) as number[], ggmlType: shape[1].ggmlType, data: new Uint8Array(memory, 0, sizeOf(shape)) }));
  const weightBytes = tensors.reduce((sum, { data }) => sum + data.length, 0);
  // The real header holds a vocabulary; here a string takes its room.
  const headerOf = (padding: number): Generator<Uint8Array> => ggufPieces([...METADATA, ["general.description", { type: "string", value: " ".repeat(padding) }]], tensors);
  const bare = (headerOf(0).next().value as Uint8Array).length;
  const file = openSync(path, "w");
  try {
    for (const piece of headerOf(MODEL_BYTES - weightBytes - bare)) {
      if (piece.buffer === memory) randomFillSync(piece);
      for (let done = 0; done < piece.length; ) done += writeSync(file, piece, done);
    }
  } finally {
    closeSync(file);
  }
}

function sizeOf([, { bytes, weights }, ...dimensions]: ReturnType<typeof shapes>[number]): number {
  return (dimensions.reduce((product, length) => product * length, 1) / weights) * bytes;
}

if (import.meta.main) {
  const path = process.argv[2];
  if (path === undefined) {
    process.stderr.write("node bench/upload/model-file.ts FILE\n");
    process.exitCode = 2;
  } else {
    writeModelFile(path);
  }
}
