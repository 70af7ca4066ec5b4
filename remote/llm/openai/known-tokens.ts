import type { LlamaModel, Token } from "node-llama-cpp";
import { ApiError } from "./errors.ts";

/**
 * Numbers from outside as tokens. llama.cpp looks them up unchecked, and ends the whole process for
 * one that is not there.
 *
 * @throws ApiError 400
 */
export function knownTokens({ model }: { model: LlamaModel }, numbers: readonly number[], param: string): Token[] {
  const count = model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 0;
  const unknown = numbers.find((number) => number >= count);
  if (unknown !== undefined) throw new ApiError(400, `${param}: this model has no token ${unknown}; its last one is ${count - 1}.`, { param, code: "invalid_value" });
  return [...numbers] as Token[];
}
