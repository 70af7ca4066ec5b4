import { basename } from "node:path";
import { MentorError } from "../../../src/contract/errors.ts";

/**
 * node-llama-cpp says "Failed to load model" for every reason; which one it was stands only in
 * llama.cpp's log, or in the class of the error.
 */
export function loadFailure(error: unknown, log: readonly string[], model: { path: string; bytes: number }): MentorError {
  if (error instanceof MentorError) return error;
  const file = basename(model.path);
  const cause = error instanceof Error ? error : new Error(String(error));
  const said = [cause.message, ...log].join("\n");
  const options = { cause: log.length === 0 ? cause : new Error(log.join("; "), { cause }), details: { file, bytes: model.bytes } };

  if (cause.name === "InvalidGgufMagicError" || cause.constructor.name === "InvalidGgufMagicError") return new MentorError("model-not-gguf", `${file} is not in GGUF format.`, options);
  const architecture = /unknown model architecture: '([^']*)'/.exec(said)?.[1];
  if (architecture !== undefined) return new MentorError("model-unsupported", `${file} has the architecture “${architecture}”, which this engine cannot run.`, options);
  const part = /no such file.*?([^/\\']+-\d{5}-of-\d{5}\.gguf)/i.exec(said)?.[1];
  if (part !== undefined) return new MentorError("model-split-incomplete", `${part} is missing beside ${file}.`, options);
  if (/not within the file bounds|remaining file size|gguf_init_from_reader: failed to read|unexpected end|out of bounds|beyond the length|incomplete/i.test(said)) {
    return new MentorError("model-truncated", `${file} ends too early: ${model.bytes} bytes are there, and its table of contents names more.`, options);
  }
  if (cause.constructor.name === "InsufficientMemoryError" || /out of memory|unable to allocate|failed to allocate|too large for the available/i.test(said)) {
    return new MentorError("memory-too-small", `${file} does not fit into the memory of this host: ${cause.message}.`, options);
  }
  return new MentorError("model-unsupported", `${file} could not be loaded: ${log.at(-1) ?? cause.message}.`, options);
}
