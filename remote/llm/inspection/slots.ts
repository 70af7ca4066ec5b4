import type { LoadedChat } from "../engine/engine.ts";

/**
 * `GET /slots`, in llama-server's shape as far as it says how busy a conversation is. The prompts
 * are left out: they are other people's questions.
 */
export function slotList({ contextTokens, scheduler }: LoadedChat): object[] {
  return scheduler.slots().map(({ id, stream, cachedTokens }) => ({
    id,
    n_ctx: contextTokens,
    is_processing: stream !== null,
    /** Of the last or the running conversation, ready to be gone on from. */
    n_cached_tokens: cachedTokens,
    n_prompt_tokens: stream?.promptTokens ?? 0,
    n_prompt_tokens_left: stream?.promptLeft ?? 0,
    next_token: {
      has_next_token: stream !== null,
      n_decoded: stream?.generated ?? 0,
      n_remain: stream === null ? 0 : stream.maxTokens - stream.generated,
    },
  }));
}
