import { MentorError } from "../../contract/errors.ts";
import type { ModelHeader } from "../../contract/stick.ts";
import { isEmbeddingArchitecture, whyUnsupported } from "./architectures.ts";
import { displayName } from "./display-name.ts";
import { quantisationName } from "./ggml-types.ts";
import type { Gguf, MetadataValue } from "./gguf.ts";

/** Bytes of one number at f16, the type of the key-value cache. */
const F16_BYTES = 2;

/**
 * What a model says about itself, from the headers of all its files in order (one for most).
 *
 * @param file name of the first file
 * @throws MentorError model-unsupported, model-not-gguf
 */
export function modelHeader(parts: readonly Gguf[], file: string): ModelHeader {
  const metadata = parts[0]?.metadata ?? new Map<string, MetadataValue>();
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string" || architecture === "") {
    throw new MentorError("model-not-gguf", `${file} does not say what kind of model it is.`, { details: { file } });
  }
  const reason = whyUnsupported(architecture);
  if (reason !== null) throw new MentorError("model-unsupported", `${file} ${reason}.`, { details: { file, architecture } });

  const number = (key: string) => numberOr(metadata.get(`${architecture}.${key}`), 0);
  const layers = number("block_count");
  const embeddingLength = number("embedding_length");
  const headCount = largest(metadata.get(`${architecture}.attention.head_count`));
  const headsKv = metadata.get(`${architecture}.attention.head_count_kv`) ?? metadata.get(`${architecture}.attention.head_count`);
  const headWidth = headCount > 0 ? embeddingLength / headCount : 0;
  const width = (number("attention.key_length") || headWidth) + (number("attention.value_length") || headWidth);
  const chatTemplate = metadata.get("tokenizer.chat_template");
  const template = typeof chatTemplate === "string" && chatTemplate !== "" ? chatTemplate : null;
  const pools = numberOr(metadata.get(`${architecture}.pooling_type`), 0) > 0;

  return {
    architecture,
    name: displayName(file, metadata.get("general.name")),
    quantisation: quantisationName(numberOrNull(metadata.get("general.file_type")), parts.find((part) => part.tensorCount > 0)?.commonestType ?? null),
    parameters: parts.reduce((sum, part) => sum + part.parameters, 0),
    contextTokens: number("context_length"),
    layers,
    embeddingLength,
    headCount,
    headCountKv: largest(headsKv),
    kvBytesPerToken: Math.ceil(sumOverLayers(headsKv, layers) * width * F16_BYTES),
    chatTemplate: template,
    purpose: isEmbeddingArchitecture(architecture) || pools ? "embedding" : template === null ? "base" : "chat",
  };
}

function numberOrNull(value: MetadataValue | undefined): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function numberOr(value: MetadataValue | undefined, otherwise: number): number {
  return numberOrNull(value) ?? otherwise;
}

/** Some models give one value for all layers, some one a layer (0 where a layer keeps no cache). */
function largest(value: MetadataValue | undefined): number {
  return Array.isArray(value) ? value.reduce((most, next) => Math.max(most, next), 0) : numberOr(value, 0);
}

function sumOverLayers(value: MetadataValue | undefined, layers: number): number {
  return Array.isArray(value) ? value.reduce((sum, next) => sum + Math.max(0, next), 0) : numberOr(value, 0) * layers;
}
