import type { ModelFile, Stick } from "../../../src/contract/stick.ts";

export const MISTRAL: ModelFile = {
  file: "mistral-7b-instruct-v0.2.Q5_K_M.gguf",
  bytes: 5_131_409_696,
  parts: ["mistral-7b-instruct-v0.2.Q5_K_M.gguf"],
  header: {
    architecture: "llama",
    name: "Mistral 7B Instruct v0.2",
    quantisation: "Q5_K_M",
    parameters: 7_241_732_096,
    contextTokens: 32_768,
    layers: 32,
    embeddingLength: 4096,
    headCount: 32,
    headCountKv: 8,
    kvBytesPerToken: 131_072,
    chatTemplate: "…",
    purpose: "chat",
  },
  problem: null,
};

const QWEN: ModelFile = {
  ...MISTRAL,
  file: "qwen2.5-3b-instruct-q4_k_m.gguf",
  parts: ["qwen2.5-3b-instruct-q4_k_m.gguf"],
  bytes: 2_104_932_768,
  header: { ...MISTRAL.header!, name: "Qwen2.5 3B Instruct", quantisation: "Q4_K_M", parameters: 3_085_938_688 },
};

export const GOOD_STICK: Stick = {
  path: "/media/anna/COURSE-STICK",
  label: "COURSE-STICK",
  kind: "removable",
  sizeBytes: 62_008_590_336,
  freeBytes: 55_812_141_056,
  readOnly: false,
  models: [MISTRAL],
  course: { folder: "course", files: 24 },
  problem: null,
};

export const TWO_MODELS: Stick = {
  ...GOOD_STICK,
  models: [MISTRAL, QWEN],
  problem: { code: "model-ambiguous", message: "COURSE-STICK holds 2 chat models.", details: { files: [MISTRAL.file, QWEN.file] } },
};

export const CUT_SHORT: Stick = {
  ...GOOD_STICK,
  path: "/media/anna/OLD",
  label: "OLD",
  readOnly: true,
  course: null,
  models: [{ ...MISTRAL, problem: { code: "model-truncated", message: "mistral-7b-instruct-v0.2.Q5_K_M.gguf has 3.2 GB of the 5.1 GB that its header announces." } }],
  problem: { code: "model-truncated", message: "mistral-7b-instruct-v0.2.Q5_K_M.gguf has 3.2 GB of the 5.1 GB that its header announces." },
};

export const PRACTICE_STICK: Stick = {
  path: "/home/anna/.local/share/ai-mentor/practice",
  label: "Practice",
  kind: "practice",
  sizeBytes: null,
  freeBytes: null,
  readOnly: false,
  models: [
    {
      ...MISTRAL,
      file: "SmolLM2-135M-Instruct-Q4_1.gguf",
      parts: ["SmolLM2-135M-Instruct-Q4_1.gguf"],
      bytes: 98_362_432,
      header: { ...MISTRAL.header!, name: "SmolLM2 135M Instruct", quantisation: "Q4_1", parameters: 134_515_008, contextTokens: 8192 },
    },
  ],
  course: { folder: "course", files: 3 },
  problem: null,
};
