/// <reference lib="esnext.float16" />
import { ggufPieces, type GgufTensor, type GgufValue } from "./gguf-writer.ts";
import { readSafetensors, type SafeTensor } from "./safetensors.ts";

/** all-MiniLM-L6-v2's shape, as its config.json states it. */
const LAYERS = 6;
const SPECIAL_TOKENS = new Set(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
const F32 = 0;
const F16 = 1;
const TOKEN_NORMAL = 1;
const TOKEN_CONTROL = 3;
const POOLING_MEAN = 1;

/** Names of the checkpoint's parts beside those that llama.cpp's "bert" architecture looks for. */
const EMBEDDING_NAMES: readonly (readonly [string, string])[] = [
  ["embeddings.word_embeddings", "token_embd"],
  ["embeddings.position_embeddings", "position_embd"],
  ["embeddings.token_type_embeddings", "token_types"],
  ["embeddings.LayerNorm", "token_embd_norm"],
];
const LAYER_NAMES: readonly (readonly [string, string])[] = [
  ["attention.self.query", "attn_q"],
  ["attention.self.key", "attn_k"],
  ["attention.self.value", "attn_v"],
  ["attention.output.dense", "attn_output"],
  ["attention.output.LayerNorm", "attn_output_norm"],
  ["intermediate.dense", "ffn_up"],
  ["output.dense", "ffn_down"],
  ["output.LayerNorm", "layer_output_norm"],
];
/** Looked up, never multiplied: llama.cpp wants these two at full width. */
const KEEP_F32 = new Set(["position_embd.weight", "token_types.weight"]);

/**
 * Makes the f16 GGUF of all-MiniLM-L6-v2 from its published weights and vocabulary. The same input
 * always gives the same bytes, so that the result can be pinned.
 */
export function* convertMiniLm(safetensors: Uint8Array, vocabulary: string): Generator<Uint8Array> {
  const source = readSafetensors(safetensors);
  const tensors: GgufTensor[] = [];
  const take = (from: string, to: string) => {
    for (const part of ["weight", "bias"]) {
      const tensor = source.get(`${from}.${part}`);
      if (tensor !== undefined) tensors.push(converted(`${to}.${part}`, tensor));
    }
  };
  for (const [from, to] of EMBEDDING_NAMES) take(from, to);
  for (let layer = 0; layer < LAYERS; layer++) {
    for (const [from, to] of LAYER_NAMES) take(`encoder.layer.${layer}.${from}`, `blk.${layer}.${to}`);
  }
  yield* ggufPieces(metadata(vocabulary.split(/\r?\n/).filter((line) => line !== "")), tensors);
}

function converted(name: string, { dtype, shape, data }: SafeTensor): GgufTensor {
  if (dtype !== "F32") throw new Error(`${name} has the element type ${dtype}, expected F32.`);
  const dimensions = shape.toReversed();
  if (shape.length < 2 || KEEP_F32.has(name)) return { name, dimensions, ggmlType: F32, data };
  // Copied: the data begins anywhere in the file, and Float32Array wants multiples of four.
  const floats = new Float32Array(new Uint8Array(data).buffer);
  return { name, dimensions, ggmlType: F16, data: new Uint8Array(Float16Array.from(floats).buffer) };
}

const u32 = (value: number): GgufValue => ({ type: "u32", value });
const string = (value: string): GgufValue => ({ type: "string", value });

function metadata(tokens: readonly string[]): [string, GgufValue][] {
  return [
    ["general.architecture", string("bert")],
    ["general.type", string("model")],
    ["general.name", string("all-MiniLM-L6-v2")],
    ["general.license", string("apache-2.0")],
    ["general.file_type", u32(1)],
    ["bert.block_count", u32(LAYERS)],
    ["bert.context_length", u32(512)],
    ["bert.embedding_length", u32(384)],
    ["bert.feed_forward_length", u32(1536)],
    ["bert.attention.head_count", u32(12)],
    ["bert.attention.layer_norm_epsilon", { type: "f32", value: 1e-12 }],
    ["bert.attention.causal", { type: "bool", value: false }],
    ["bert.pooling_type", u32(POOLING_MEAN)],
    ["tokenizer.ggml.model", string("bert")],
    ["tokenizer.ggml.token_type_count", u32(2)],
    ["tokenizer.ggml.tokens", { type: "strings", value: tokens.map(wordPiece) }],
    ["tokenizer.ggml.token_type", { type: "i32s", value: tokens.map((token) => (SPECIAL_TOKENS.has(token) ? TOKEN_CONTROL : TOKEN_NORMAL)) }],
    ["tokenizer.ggml.bos_token_id", u32(tokens.indexOf("[CLS]"))],
    ["tokenizer.ggml.cls_token_id", u32(tokens.indexOf("[CLS]"))],
    ["tokenizer.ggml.seperator_token_id", u32(tokens.indexOf("[SEP]"))],
    ["tokenizer.ggml.unknown_token_id", u32(tokens.indexOf("[UNK]"))],
    ["tokenizer.ggml.padding_token_id", u32(tokens.indexOf("[PAD]"))],
    ["tokenizer.ggml.mask_token_id", u32(tokens.indexOf("[MASK]"))],
  ];
}

/** llama.cpp marks the beginning of a word with U+2581; BERT marks its continuation with ##. */
function wordPiece(token: string): string {
  if (SPECIAL_TOKENS.has(token)) return token;
  return token.startsWith("##") ? token.slice(2) : `\u2581${token}`;
}
