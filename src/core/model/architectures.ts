/**
 * Architectures that the bundled engine can run: the names in llama.cpp's src/llama-arch.cpp that
 * llama_model_mapping makes a model of, at the llama.cpp that the pinned node-llama-cpp bundles
 * (remote/node_modules/node-llama-cpp/llama/llama.cpp.info.json). test/core/model/architectures.test.ts
 * compares them with what that package itself lists.
 */
const GENERATING: ReadonlySet<string> = new Set([
  "llama", "llama4", "deci", "falcon", "grok", "gpt2", "gptneox", "mpt", "baichuan", "starcoder", "refact", "bloom", "stablelm", "qwen",
  "qwen2", "qwen2moe", "qwen2vl", "qwen3", "qwen3moe", "qwen3next", "qwen3vl", "qwen3vlmoe", "qwen35", "qwen35moe", "qwen4exp", "phi2",
  "phi3", "phimoe", "plamo", "plamo2", "plamo3", "codeshell", "orion", "internlm2", "minicpm", "minicpm3", "gemma", "gemma2", "gemma3",
  "gemma3n", "gemma4", "starcoder2", "mamba", "mamba2", "jamba", "falcon-h1", "xverse", "command-r", "cohere2", "cohere2moe", "dbrx",
  "olmo", "olmo2", "olmoe", "muse-glimmer", "openelm", "arctic", "deepseek", "deepseek2", "deepseek2-ocr", "deepseek32", "deepseek4",
  "chatglm", "glm4", "glm4moe", "glm-dsa", "bitnet", "t5", "jais", "jais2", "nemotron", "nemotron_h", "nemotron_h_moe", "exaone",
  "exaone4", "exaone-moe", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7", "granite", "granitemoe", "granitehybrid", "graniteswitch",
  "granite_swa", "chameleon", "plm", "bailingmoe", "bailingmoe2", "bailingmoe3", "dots1", "dots3note", "arcee", "afmoe", "laguna",
  "ernie4_5", "ernie4_5-moe", "hunyuan-moe", "hunyuan-dense", "hunyuan_vl", "hy_v3", "smollm3", "gpt-oss", "lfm2", "lfm2moe", "dream",
  "smallthinker", "llada", "llada-moe", "seed_oss", "grovemoe", "apertus", "minimax-01", "minimax-m2", "minimax-m3", "cogvlm", "rnd1",
  "pangu-embedded", "mistral3", "mistral4", "paddleocr", "mimo2", "step35", "maincoder", "kimi-linear", "kimi-k3", "talkie", "mellum",
  "nanbeige",
]);

/** Read text and give a vector; they cannot answer. */
const EMBEDDING: ReadonlySet<string> = new Set([
  "bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3", "eurobert", "gemma-embedding", "llama-embed", "t5encoder",
]);

/** Known to the engine, but parts of something else. */
const COMPANIONS: Readonly<Record<string, string>> = {
  clip: "the part of a model that sees pictures; it needs the model it belongs to",
  "wavtokenizer-dec": "the part of a model that makes sound",
  qwen3tts: "a model that speaks, and cannot answer questions",
  pockettts: "a model that speaks, and cannot answer questions",
  eagle3: "a helper that makes another model faster, and cannot answer alone",
  dflash: "a helper that makes another model faster, and cannot answer alone",
  "gemma4-assistant": "a helper that makes another model faster, and cannot answer alone",
};

export function isEmbeddingArchitecture(architecture: string): boolean {
  return EMBEDDING.has(architecture);
}

/** Why the engine cannot run a model of this architecture, as the end of a sentence; null when it can. */
export function whyUnsupported(architecture: string): string | null {
  if (GENERATING.has(architecture) || EMBEDDING.has(architecture)) return null;
  const companion = COMPANIONS[architecture];
  return companion === undefined ? `has the architecture "${architecture}", which this version cannot run` : `is ${companion}`;
}
