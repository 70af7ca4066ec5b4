import type { ScoredToken } from "../scheduling/job.ts";
import type { TokenBytes } from "../text/token-bytes.ts";

/** `logprobs` of a chat's choice. */
export function chatLogprobs(tokens: readonly ScoredToken[], tokenBytes: TokenBytes): object {
  const entry = ({ token, logprob }: Pick<ScoredToken, "token" | "logprob">) => {
    const bytes = tokenBytes.of(token);
    return { token: bytes.toString(), logprob, bytes: [...bytes] };
  };
  return { content: tokens.map((token) => ({ ...entry(token), top_logprobs: token.alternatives.map(entry) })), refusal: null };
}

/**
 * `logprobs` of a completion's choice.
 *
 * @param offset where its text begins in the whole text, in characters as the client counts them
 */
export function completionLogprobs(tokens: readonly ScoredToken[], tokenBytes: TokenBytes, offset: number): object {
  const textOf = ({ token }: Pick<ScoredToken, "token">) => tokenBytes.of(token).toString();
  const texts = tokens.map(textOf);
  let next = offset;
  return {
    tokens: texts,
    token_logprobs: tokens.map(({ logprob }) => logprob),
    // Two tokens can read the same; the likelier one stays.
    top_logprobs: tokens.map(({ alternatives }) => Object.fromEntries(alternatives.toReversed().map((alternative) => [textOf(alternative), alternative.logprob]))),
    text_offset: texts.map((text) => (next += text.length) - text.length),
  };
}
