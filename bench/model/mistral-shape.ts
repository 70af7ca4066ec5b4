import { randomFillSync } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { ggufPieces, type GgufTensor, type GgufValue } from "../../src/adapters/packages/gguf-writer.ts";

/** Size of Mistral-7B-Instruct-v0.2 in Q5_K_M, as published. */
export const MODEL_BYTES = 5_131_409_696;

const LAYERS = 32;
const [WIDTH, KEY_WIDTH, FEED_WIDTH, VOCABULARY] = [4096, 1024, 14336, 32000];

/** How ggml keeps so many weights in so many bytes. */
interface Kind {
  /** ggml's own number of it. */
  ggmlType: number;
  bytes: number;
  weights: number;
  /** Where 16-bit floats stand in those bytes, and what they are: random ones could be infinite. */
  floats16: readonly { at: number; value: number }[];
}

const F32: Kind = { ggmlType: 0, bytes: 4, weights: 1, floats16: [] };
/**
 * ggml's block_q5_K: weight = d × scale × q − dmin × min, with 6-bit scales and mins, 5-bit q. These two
 * give random bits a mean of nought and a spread of about 0.02, as trained weights of this width have.
 */
const Q5_K: Kind = { ggmlType: 13, bytes: 176, weights: 256, floats16: [{ at: 0, value: 6.2e-5 }, { at: 2, value: 6.2e-5 * 15.5 }] };
/** ggml's block_q6_K: weight = d × scale × (q − 32), with 8-bit scales, 6-bit q. */
const Q6_K: Kind = { ggmlType: 14, bytes: 210, weights: 256, floats16: [{ at: 208, value: 1.5e-5 }] };

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

/** Three special tokens, one for every byte, and made-up words. */
function vocabulary(): string[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const marked = ["<unk>", "<s>", "</s>", ...bytes];
  return [...marked, ...Array.from({ length: VOCABULARY - marked.length }, (_, index) => `▁w${index}`)];
}

/** llama.cpp's numbers: 2 unknown, 3 control, 6 byte, 1 ordinary. */
function typeOf(id: number): number {
  if (id === 0) return 2;
  if (id < 3) return 3;
  return id < 3 + 256 ? 6 : 1;
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
  ["tokenizer.ggml.tokens", { type: "strings", value: vocabulary() }],
  ["tokenizer.ggml.token_type", { type: "i32s", value: Array.from({ length: VOCABULARY }, (_, id) => typeOf(id)) }],
  ["tokenizer.ggml.bos_token_id", { type: "u32", value: 1 }],
  ["tokenizer.ggml.eos_token_id", { type: "u32", value: 2 }],
  ["tokenizer.ggml.unknown_token_id", { type: "u32", value: 0 }],
  ["tokenizer.chat_template", { type: "string", value: "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}[INST] {{ message['content'] }} [/INST]{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}{% endfor %}" }],
];

/** Writes the file to `path`. It loads, moves and computes like the model; it does not make sense. */
export function writeModelFile(path: string): void {
  // All tensors show the same memory, which is filled anew before each is written.
  const memory = new ArrayBuffer(Math.max(...shapes().map((shape) => sizeOf(shape))));
  const tensors: GgufTensor[] = shapes().map((shape) => ({ name: shape[0], dimensions: shape.slice(2) as number[], ggmlType: shape[1].ggmlType, data: new Uint8Array(memory, 0, sizeOf(shape)) }));
  const weightBytes = tensors.reduce((sum, { data }) => sum + data.length, 0);
  // The real header is a little longer; a string takes the rest of its room.
  const headerOf = (padding: number): Generator<Uint8Array> => ggufPieces([...METADATA, ["general.description", { type: "string", value: " ".repeat(padding) }]], tensors);
  const bare = (headerOf(0).next().value as Uint8Array).length;
  const file = openSync(path, "w");
  try {
    const kinds = shapes().map(([, kind]) => kind);
    for (const piece of headerOf(MODEL_BYTES - weightBytes - bare)) {
      if (piece.buffer === memory) fillWeights(piece, kinds.shift()!);
      for (let done = 0; done < piece.length; ) done += writeSync(file, piece, done);
    }
  } finally {
    closeSync(file);
  }
}

function fillWeights(piece: Uint8Array, { bytes, floats16 }: Kind): void {
  if (bytes === F32.bytes) return void new Float32Array(piece.buffer, piece.byteOffset, piece.length / bytes).fill(1);
  randomFillSync(piece);
  const halves = new Float16Array(piece.buffer, piece.byteOffset, piece.length / 2);
  for (const { at, value } of floats16) {
    for (let index = at / 2; index < halves.length; index += bytes / 2) halves[index] = value;
  }
}

function sizeOf([, { bytes, weights }, ...dimensions]: ReturnType<typeof shapes>[number]): number {
  return (dimensions.reduce((product, length) => product * length, 1) / weights) * bytes;
}

if (import.meta.main) {
  const path = process.argv[2];
  if (path === undefined) {
    process.stderr.write("node bench/model/mistral-shape.ts FILE\n");
    process.exitCode = 2;
  } else {
    writeModelFile(path);
  }
}
