import { isUtf8 } from "node:buffer";
import type { LlamaModel, Token } from "node-llama-cpp";
import { z } from "zod";
import type { LoadedChat } from "../engine/engine.ts";
import { parse } from "../openai/errors.ts";
import { knownTokens } from "../openai/known-tokens.ts";

/** The parameters and their defaults are llama-server's. */
const TokenizeRequest = z.strictObject({
  content: z.string(),
  /** Puts the model's own beginning and end around it, as it has them. */
  add_special: z.boolean().default(false),
  /** Reads `<|im_end|>` as the special token, not as ten characters. */
  parse_special: z.boolean().default(true),
  with_pieces: z.boolean().default(false),
});

const DetokenizeRequest = z.strictObject({ tokens: z.array(z.int().min(0)) });

/** `POST /tokenize`: a piece is text, or its bytes where it ends inside a character. */
export function tokenize({ model, prompts, tokenBytes }: LoadedChat, body: unknown): object {
  const request = parse(TokenizeRequest, body);
  const tokens = request.parse_special ? model.tokenize(request.content, true) : prompts.plain(request.content);
  const whole = request.add_special ? withEnds(model, tokens) : tokens;
  if (!request.with_pieces) return { tokens: whole };
  const pieces = whole.map((token) => {
    const bytes = tokenBytes.of(token);
    return { id: token, piece: isUtf8(bytes) ? bytes.toString() : [...bytes] };
  });
  return { tokens: pieces };
}

/** `POST /detokenize`. */
export function detokenize({ model }: LoadedChat, body: unknown): object {
  const { tokens } = parse(DetokenizeRequest, body);
  return { content: model.detokenize(knownTokens({ model }, tokens, "tokens"), true) };
}

function withEnds(model: LlamaModel, tokens: Token[]): Token[] {
  const { bos, eos, shouldPrependBosToken, shouldAppendEosToken } = model.tokens;
  const begun = bos !== null && shouldPrependBosToken && tokens[0] !== bos ? [bos, ...tokens] : tokens;
  return eos !== null && shouldAppendEosToken && begun.at(-1) !== eos ? [...begun, eos] : begun;
}
