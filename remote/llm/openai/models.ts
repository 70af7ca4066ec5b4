import type { Engine, LoadedModel } from "../engine/engine.ts";

export function modelList({ chat, embedding }: Engine): object {
  return { object: "list", data: [entry(chat), ...(embedding === null ? [] : [entry(embedding)])] };
}

function entry({ id, created, contextTokens }: LoadedModel): object {
  return { id, object: "model", created, owned_by: "local", context_length: contextTokens };
}
